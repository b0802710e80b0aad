/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes each kind of attempt to connect, N of each, in a network of its own, and tells what
 * getsockname, getpeername and errno said of it. Calls that are no attempts are made and not told.
 *
 *   connects N[:PARALLEL]            all kinds; slow ones at once, but no more than PARALLEL
 *   connects N[:PARALLEL] KIND...    these only */
#include <fcntl.h>
#include <sys/un.h>
#include "interrupted.h"
#include "others.h"

/* What looks like an attempt and is none. */
static void no_attempts(void)
{
	union address to = address(PEER4, PORT_PLAIN);
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/socket"};
	int fd = tcp(AF_INET, 0), udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int unix_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), listening = tcp(AF_INET, 0);

	connect(fd, &none, sizeof(none));
	connect(fd, &to.any, 3);
	connect(fd, (void *)8, sizeof(to.v4));
	connect(-1, &to.any, sizeof(to.v4));
	connect(udp, &to.any, sizeof(to.v4));
	connect(unix_fd, (void *)&local, sizeof(local));
	listen(listening, 1);
	do_connect(listening, &to);
	send(fd, "x", 1, MSG_NOSIGNAL);
	told("then-established", fd, &to, do_connect(fd, &to), NULL);
	do_connect(fd, &to); /* EISCONN */
	close(fd);
	close(udp);
	close(unix_fd);
	close(listening);
}

/* Makes a file when all attempts of this kind are under way, and waits for them to end. */
static void pending(int times)
{
	union address to = address("10.77.9.1", 80);
	int fds[1024];

	for (int n = 0; n < times; n++) {
		fds[n] = tcp(AF_INET, SOCK_NONBLOCK);
		told("pending", fds[n], &to, do_connect(fds[n], &to), "pending");
	}
	close(open("pending", O_CREAT | O_WRONLY, 0600));
	for (int n = 0; n < times; n++)
		outcome_of(fds[n]);
}

struct kind {
	const char *name;
	void (*run)(void);
	bool slow;
};

#define KIND(NAME, CALL)                                                                           \
	static void NAME(void)                                                                     \
	{                                                                                          \
		CALL;                                                                              \
	}
KIND(established4, blocking("established4", AF_INET, LOOPBACK4, PORT_PLAIN))
KIND(established6, blocking("established6", AF_INET6, "::1", PORT_PLAIN))
KIND(veth4, blocking("veth4", AF_INET, PEER4, PORT_PLAIN))
KIND(veth6, blocking("veth6", AF_INET6, PEER6, PORT_PLAIN))
KIND(mapped, blocking("mapped", AF_INET6, "::ffff:10.77.0.2", PORT_PLAIN))
KIND(mapped_refused, blocking("mapped-refused", AF_INET6, "::ffff:10.77.0.2", PORT_CLOSED))
KIND(refused4, blocking("refused4", AF_INET, LOOPBACK4, PORT_CLOSED))
KIND(refused6, blocking("refused6", AF_INET6, PEER6, PORT_CLOSED))
KIND(nonblocking4, nonblocking("nonblocking4", AF_INET, PEER4, PORT_PLAIN))
KIND(nonblocking6, nonblocking("nonblocking6", AF_INET6, PEER6, PORT_PLAIN))
KIND(nonblocking_loopback, nonblocking("nonblocking-loopback", AF_INET, LOOPBACK4, PORT_PLAIN))
KIND(nonblocking_refused, nonblocking("nonblocking-refused", AF_INET, PEER4, PORT_CLOSED))
KIND(nonblocking_refused6, nonblocking("nonblocking-refused6", AF_INET6, "::1", PORT_CLOSED))
KIND(no_route4, early("no-route4", AF_INET, "192.0.2.1"))
KIND(no_route6, early("no-route6", AF_INET6, "2001:db8::1"))
KIND(no_route_mapped, early("no-route-mapped", AF_INET6, "::ffff:192.0.2.1"))
KIND(prohibited, early("prohibited", AF_INET, "10.77.5.1"))
KIND(unreachable, early("unreachable", AF_INET, "10.77.6.1"))
KIND(blackhole, early("blackhole", AF_INET, "10.77.7.1"))
KIND(multicast, early("multicast", AF_INET, "224.0.0.9"))
KIND(wrong_family, early("wrong-family", AF_INET, "fd77::2"))
KIND(icmp_unreachable, blocking("icmp-unreachable", AF_INET, "10.77.8.1", 80))
KIND(icmp_nonblocking, nonblocking("icmp-nonblocking", AF_INET, "10.77.8.1", 80))
KIND(no_neighbour, blocking("no-neighbour", AF_INET, "10.77.0.99", 80))
KIND(no_neighbour6, nonblocking("no-neighbour6", AF_INET6, "fd77::99", 80))
KIND(timed_out, blocking("timed-out", AF_INET, "10.77.9.1", 80))
KIND(timed_out_nonblocking, nonblocking("timed-out-nonblocking", AF_INET, "10.77.9.1", 80))
KIND(closed, aborted("closed", false))
KIND(disconnected, aborted("disconnected", true))
KIND(interrupted_call, interrupted(false))
KIND(restarted_call, interrupted(true))
KIND(stopped_process, stopped(false))
KIND(stopped_beyond, stopped(true))
KIND(uring_established, uring("uring-established", AF_INET, PEER4, PORT_PLAIN, 0))
KIND(uring_loopback6, uring("uring-loopback6", AF_INET6, "::1", PORT_PLAIN, 0))
KIND(uring_refused, uring("uring-refused", AF_INET, PEER4, PORT_CLOSED, 0))
KIND(uring_async, uring("uring-async", AF_INET, PEER4, PORT_PLAIN, IOSQE_ASYNC))
KIND(uring_async_refused, uring("uring-async-refused", AF_INET, PEER4, PORT_CLOSED, IOSQE_ASYNC))
KIND(uring_no_route, uring("uring-no-route", AF_INET, "192.0.2.1", 82, 0))
KIND(uring_async_no_route, uring("uring-async-no-route", AF_INET, "192.0.2.1", 83, IOSQE_ASYNC))
KIND(tfo_sendto, fastopen_send("tfo-sendto", PEER4, PORT_FASTOPEN, 0, false))
KIND(tfo_sendmsg, fastopen_send("tfo-sendmsg", PEER4, PORT_FASTOPEN, 0, true))
KIND(tfo_nonblocking,
     fastopen_send("tfo-nonblocking", "10.77.0.3", PORT_FASTOPEN, SOCK_NONBLOCK, false))
KIND(tfo_no_server, fastopen_send("tfo-no-server", PEER4, PORT_PLAIN, 0, false))
KIND(tfo_refused, fastopen_send("tfo-refused", PEER4, PORT_CLOSED, 0, false))
KIND(tfo_no_route, fastopen_send("tfo-no-route", "192.0.2.1", 84, 0, false))
KIND(tfo_no_route_message, fastopen_send("tfo-no-route-message", "192.0.2.1", 85, 0, true))
KIND(tfo_connect, fastopen_connect("tfo-connect", true))
KIND(tfo_connect_aborted, fastopen_connect("tfo-connect-aborted", false))
KIND(mptcp_established, mptcp("mptcp-established", PEER4, PORT_MPTCP, 0))
KIND(mptcp_fallback, mptcp("mptcp-fallback", PEER4, PORT_PLAIN, 0))
KIND(mptcp_nonblocking, mptcp("mptcp-nonblocking", PEER4, PORT_MPTCP, SOCK_NONBLOCK))
KIND(mptcp_refused, mptcp("mptcp-refused", PEER4, PORT_CLOSED, 0))
KIND(mptcp_nonblocking_refused,
     mptcp("mptcp-nonblocking-refused", PEER4, PORT_CLOSED, SOCK_NONBLOCK))
KIND(mptcp_no_route, mptcp("mptcp-no-route", "192.0.2.1", 86, 0))

static const struct kind KINDS[] = {
    {"established4", established4},
    {"established6", established6},
    {"veth4", veth4},
    {"veth6", veth6},
    {"mapped", mapped},
    {"mapped-refused", mapped_refused},
    {"refused4", refused4},
    {"refused6", refused6},
    {"nonblocking4", nonblocking4},
    {"nonblocking6", nonblocking6},
    {"nonblocking-loopback", nonblocking_loopback},
    {"nonblocking-refused", nonblocking_refused},
    {"nonblocking-refused6", nonblocking_refused6},
    {"no-route4", no_route4},
    {"no-route6", no_route6},
    {"no-route-mapped", no_route_mapped},
    {"prohibited", prohibited},
    {"unreachable", unreachable},
    {"blackhole", blackhole},
    {"multicast", multicast},
    {"wrong-family", wrong_family},
    {"bound", bound},
    {"address-in-use", address_in_use},
    {"no-ports", no_ports},
    {"reused", reused_descriptor},
    {"thread", threads},
    {"closed", closed},
    {"disconnected", disconnected},
    {"send-timeout", send_timeout},
    {"killed", killed},
    {"other-user", other_user},
    {"no-attempts", no_attempts},
    {"uring-established", uring_established},
    {"uring-loopback6", uring_loopback6},
    {"uring-refused", uring_refused},
    {"uring-async", uring_async},
    {"uring-async-refused", uring_async_refused},
    {"uring-no-route", uring_no_route},
    {"uring-async-no-route", uring_async_no_route},
    {"tfo-sendto", tfo_sendto},
    {"tfo-sendmsg", tfo_sendmsg},
    {"tfo-nonblocking", tfo_nonblocking},
    {"tfo-no-server", tfo_no_server},
    {"tfo-refused", tfo_refused},
    {"tfo-no-route", tfo_no_route},
    {"tfo-no-route-message", tfo_no_route_message},
    {"tfo-connect", tfo_connect},
    {"tfo-connect-aborted", tfo_connect_aborted},
    {"mptcp-established", mptcp_established},
    {"mptcp-fallback", mptcp_fallback},
    {"mptcp-nonblocking", mptcp_nonblocking},
    {"mptcp-refused", mptcp_refused},
    {"mptcp-nonblocking-refused", mptcp_nonblocking_refused},
    {"mptcp-no-route", mptcp_no_route},
    {"icmp-unreachable", icmp_unreachable, true},
    {"icmp-nonblocking", icmp_nonblocking, true},
    {"no-neighbour", no_neighbour, true},
    {"no-neighbour6", no_neighbour6, true},
    {"timed-out", timed_out, true},
    {"timed-out-nonblocking", timed_out_nonblocking, true},
    {"interrupted", interrupted_call, true},
    {"restarted", restarted_call, true},
    {"stopped", stopped_process, true},
    {"stopped-beyond", stopped_beyond, true},
};

static bool chosen(const char *name, int count, char **names)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return count == 0;
}

int main(int argc, char **argv)
{
	int times = 1, parallel = 4096, slow = 0;

	if (argc > 1)
		sscanf(argv[1], "%d:%d", &times, &parallel);
	build_network();
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
		const struct kind *kind = &KINDS[i];

		if (!chosen(kind->name, argc - 2, argv + 2))
			continue;
		for (int n = 0; n < times; n++) {
			if (!kind->slow) {
				kind->run();
				continue;
			}
			/* Only these children end: the servers live as long as we do. */
			if (slow == parallel && wait(NULL) > 0)
				slow--;
			if (!fork()) {
				kind->run();
				_exit(0);
			}
			slow++;
		}
	}
	if (argc == 3 && !strcmp(argv[2], "pending"))
		pending(times);
	while (slow-- > 0)
		wait(NULL);
	return 0;
}
