/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections of each kind between two processes in network namespaces of their own, and what each
 * side knows of them: how it was called, its addresses, who ended it and how, the bytes.
 *
 *   flows             all kinds
 *   flows KIND...     these only
 *   flows open        connections that wait, open, for a line on standard input */
#include "calls.h"
#include "ends.h"

static int client_socket(const struct kind *kind, const union address *to)
{
	int type = SOCK_STREAM | SOCK_CLOEXEC;
	int protocol = kind->connect_by == BY_MPTCP ? IPPROTO_MPTCP : 0;

	if (kind->connect_by == BY_NONBLOCKING)
		type |= SOCK_NONBLOCK;
	return socket(to->any.sa_family, type, protocol);
}

/* A connection that a process makes and never closes: the kernel does, when it is killed. */
static void be_killed(const struct kind *kind, const union address *to)
{
	pid_t child = fork();
	struct closing c = {"local", "fin", NULL, ASKED, ANSWERED};

	if (!child) {
		int fd = client_socket(kind, to);
		struct end end;

		do_connect(kind, fd, to);
		end = end_of("connect", fd, NULL);
		tell("connect", &end, "\"error\":null");
		send_bytes(fd, ASKED);
		receive(fd, ANSWERED);
		tell_close(&end, &c);
		kill(getpid(), SIGKILL);
	}
	waitpid(child, NULL, 0);
}

static void be_client(const struct kind *kind, int other)
{
	union address to = address(kind->to, FIRST_PORT + (kind - KINDS));
	union address unheard = address(UNHEARD, 0);
	struct closing c;
	struct end end;
	int fd;

	await(other);
	if (kind->how == CLIENT_KILLED) {
		be_killed(kind, &to);
		await(other);
		return;
	}
	fd = client_socket(kind, &to);
	if (kind->how == UNANSWERED)
		bind(fd, &unheard.any, sizeof(unheard.v4));
	do_connect(kind, fd, &to);
	end = end_of("connect", fd, NULL);
	tell("connect", &end, "\"error\":null");
	if (before_accept(kind)) {
		c = (struct closing){"local", kind->how == RST_BEFORE_ACCEPT ? "rst" : "fin"};
		if (kind->how == RST_BEFORE_ACCEPT)
			reset(fd);
		else
			close(fd);
		pass(other);
	} else {
		send_bytes(fd, ASKED);
		receive(fd, ANSWERED);
		c = end_client(kind, fd, other);
		if (kind->how == SERVER_UNREAD_AFTER_FIN)
			pass(other);
	}
	tell_close(&end, &c);
	if (kind->how != UNANSWERED)
		await(other);
}

static void be_server(const struct kind *kind, int other)
{
	int port = FIRST_PORT + (kind - KINDS), fd;
	int protocol = kind->accept_by == BY_MPTCP ? IPPROTO_MPTCP : 0;
	int listening = listener("::", port, protocol);
	struct closing c = {"remote", "fin", NULL, 0, 0};
	union address peer = {0};
	struct end end;

	pass(other);
	if (before_accept(kind))
		await(other);
	fd = do_accept(kind, listening, &peer);
	end = end_of("accept", fd, peer.any.sa_family ? &peer : NULL);
	tell("accept", &end, "\"error\":null");
	if (kind->how == RST_BEFORE_ACCEPT)
		c = (struct closing){"remote", "rst", "ECONNRESET"};
	if (before_accept(kind)) {
		await_end(fd);
		close(fd);
	} else {
		receive(fd, ASKED);
		send_bytes(fd, ANSWERED);
		if (kind->how == UNANSWERED) {
			run("ip route add blackhole " UNHEARD "/32");
			c = (struct closing){"local", "rst", NULL, ANSWERED, ASKED + EXTRA};
			tell_close(&end, &c);
			pass(other);
			pause(); /* killed with bytes unread */
		}
		c = end_server(kind, fd, other);
	}
	tell_close(&end, &c);
	close(listening);
	pass(other);
}

/* Attempts without a connection. */
static void fail(void)
{
	union address closed = address(SERVER4, 7000), silent = address("10.78.0.99", 80);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct end end;

	if (!connect(fd, &closed.any, size_of(&closed)))
		die("connected to nobody");
	end = (struct end){"connect", address(CLIENT4, 0), closed, 0};
	tell_failed(&end, "ECONNREFUSED");
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	connect(fd, &silent.any, size_of(&silent));
	end = end_of("connect", fd, &silent);
	tell_failed(&end, "aborted");
	close(fd);
}

static bool chosen(const char *name, int count, char **names)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return count == 0;
}

/* One connection, bound and not, by IPv4 and IPv6, that both sides keep until told. */
static void stay_open(bool is_client, int other)
{
	static const char *const TO[] = {SERVER4, SERVER6, "::ffff:10.78.0.2", SERVER4};
	struct closing c = {is_client ? "local" : "remote", "fin", NULL, 0, 0};
	int fds[4], listening = is_client ? -1 : listener("::", FIRST_PORT, 0);
	struct end ends[4];
	char byte;

	if (is_client)
		await(other);
	else
		pass(other);
	for (int i = 0; i < 4; i++) {
		union address to = address(TO[i], FIRST_PORT), own = address(CLIENT4, 0);

		fds[i] = is_client ? socket(to.any.sa_family, SOCK_STREAM, 0)
				   : accept(listening, NULL, NULL);
		if (is_client && i == 3 && bind(fds[i], &own.any, size_of(&own)))
			die("bind");
		if (is_client && connect(fds[i], &to.any, size_of(&to)))
			die("connect");
		ends[i] = end_of(is_client ? "connect" : "accept", fds[i], NULL);
		tell(ends[i].call, &ends[i], "\"error\":null,\"preexisting\":true");
		if (is_client)
			await(other);
		else
			pass(other);
	}
	if (!is_client)
		close(listening);
	if (is_client && (write(STDOUT_FILENO, "\n", 1) != 1 || read(STDIN_FILENO, &byte, 1) != 1))
		die("told");
	for (int i = 0; i < 4; i++) {
		if (!is_client)
			receive(fds[i], -1);
		close(fds[i]);
		tell_close(&ends[i], &c);
	}
}

int main(int argc, char **argv)
{
	pid_t server;
	int other;
	bool is_client = split(&other, &server);

	take_name(is_client ? "client" : "server");
	if (argc == 2 && !strcmp(argv[1], "open")) {
		stay_open(is_client, other);
	} else {
		for (const struct kind *kind = KINDS; kind < KINDS + N_KINDS; kind++) {
			if (!chosen(kind->name, argc - 1, argv + 1) || !is_possible(kind))
				continue;
			if (is_client && kind->how == UNANSWERED)
				fail();
			if (is_client)
				be_client(kind, other);
			else
				be_server(kind, other);
		}
	}
	if (is_client && !(argc == 2 && !strcmp(argv[1], "open")))
		kill(server, SIGKILL);
	if (is_client)
		waitpid(server, NULL, 0);
	return 0;
}
