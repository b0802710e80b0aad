/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many calls of connect() and accept(), counted, in a network namespace of their own; what was done
 * as one JSON object per flow.
 *
 *   calls paced N MS     N connections, MS milliseconds apart, to each of four addresses
 *   calls storm N        N short connections by each of two processes, as fast as can be
 *   calls scan N         a connect() to each of N addresses, where nobody listens */
#include <sched.h>
#include <sys/wait.h>
#include "truth.h"

#define FIRST_PORT 7001

struct paced {
	const char *to, *local;
	int listening;
	double first[2], last[2]; /* of connect() and of accept(), in seconds */
};

static int listener(const union address *at)
{
	int fd = socket(at->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, &at->any, size_of(at)) || listen(fd, 128))
		die("listen");
	return fd;
}

/* "%.0d" prints nothing for 0: then it is null. */
static void tell_flow(const char *call, const char *saddr, const char *daddr, int port, int count,
		      double first, double last)
{
	bool accepts = !strcmp(call, "accept");
	char comm[16];

	prctl(PR_GET_NAME, comm);
	printf("{\"call\":\"%s\",\"pid\":%d,\"comm\":\"%s\",\"family\":%d,\"saddr\":\"%s\","
	       "\"daddr\":\"%s\",\"rport\":%s%.0d,\"lport\":%s%.0d,\"count\":%d,\"mtbs_s\":%.9f}\n",
	       call, getpid(), comm, strchr(daddr, ':') ? 6 : 4, saddr, daddr,
	       accepts ? "null" : "", accepts ? 0 : port, accepts ? "" : "null", accepts ? port : 0,
	       count, count > 1 ? (last - first) / (count - 1) : 0);
	fflush(stdout);
}

static void note(struct paced *flow, int which, double now)
{
	if (!flow->first[which])
		flow->first[which] = now;
	flow->last[which] = now;
}

static void paced(int count, int ms)
{
	struct paced flows[] = {
	    {"127.0.0.1", "127.0.0.1"},
	    {"127.7.7.7", "127.0.0.1"},
	    {"::1", "::1"},
	    {"::ffff:127.0.0.9", "127.0.0.1"},
	};
	struct timespec rest = {ms / 1000, ms % 1000 * 1000000L};

	for (int i = 0; i < 4; i++) {
		union address at = address(flows[i].to, FIRST_PORT + i);

		flows[i].listening = listener(&at);
	}
	for (int n = 0; n < count; n++) {
		for (int i = 0; i < 4; i++) {
			union address to = address(flows[i].to, FIRST_PORT + i);
			int fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), server;

			note(&flows[i], 0, monotonic());
			if (connect(fd, &to.any, size_of(&to)))
				die("connect");
			server = accept(flows[i].listening, NULL, NULL);
			note(&flows[i], 1, monotonic());
			close(fd);
			close(server);
		}
		nanosleep(&rest, NULL);
	}
	for (int i = 0; i < 4; i++) {
		const char *to = i == 3 ? "127.0.0.9" : flows[i].to;

		for (int call = 0; call < 2; call++)
			tell_flow(call ? "accept" : "connect", flows[i].local, to, FIRST_PORT + i,
				  count, flows[i].first[call], flows[i].last[call]);
	}
}

/* Connects to itself and resets at once, so that no port is kept waiting. */
static void storm(int count, int port)
{
	union address at = address("127.0.0.1", port);
	struct linger none = {.l_onoff = 1};
	int listening = listener(&at);
	double begun = monotonic(), last;

	for (int n = 0; n < count; n++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), server;

		if (connect(fd, &at.any, sizeof(at.v4)))
			die("connect");
		server = accept(listening, NULL, NULL);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
		close(fd);
		close(server);
	}
	last = monotonic();
	tell_flow("connect", "127.0.0.1", "127.0.0.1", port, count, begun, last);
	tell_flow("accept", "127.0.0.1", "127.0.0.1", port, count, begun, last);
}

static void scan(int count)
{
	char to[32];

	for (int n = 0; n < count; n++) {
		union address at;
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		snprintf(to, sizeof(to), "127.%d.%d.%d", 1 + (n >> 16), n >> 8 & 255, n & 255);
		at = address(to, 1);
		if (!connect(fd, &at.any, sizeof(at.v4)) || errno != ECONNREFUSED)
			die("connect");
		close(fd);
		tell_flow("connect", "127.0.0.1", to, 1, 1, 0, 0);
	}
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[2]) : 0;

	take_name("client");
	if (unshare(CLONE_NEWNET) || system("ip link set lo up") || count < 1)
		die("usage: calls paced|storm|scan N [MS]");
	if (!strcmp(argv[1], "paced")) {
		paced(count, argc > 3 ? atoi(argv[3]) : 0);
	} else if (!strcmp(argv[1], "scan")) {
		scan(count);
	} else {
		pid_t other = fork();

		storm(count, FIRST_PORT + !other);
		if (!other)
			_exit(0);
		waitpid(other, NULL, 0);
	}
	return 0;
}
