/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attempts by connect() alone. */
#ifndef PLAIN_H
#define PLAIN_H

#include <pthread.h>
#include <sys/time.h>
#include <sys/wait.h>
#include "network.h"

static const char *LOOPBACK4 = "127.0.0.1", *PEER4 = "10.77.0.2", *PEER6 = "fd77::2";

static int tcp(int family, int flags)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static const char *name_of(int error)
{
	return error ? strerrorname_np(error) : NULL;
}

/* The local end: what getsockname says or, where a failed connection has reset the address, the
 * routes' choice with the port that the socket still remembers. */
static union address local_end(int fd, const union address *to)
{
	union address own = own_name(fd), route = route_source(to);

	if (own.any.sa_family == AF_INET && own.v4.sin_addr.s_addr == INADDR_ANY)
		own.v4.sin_addr = route.v4.sin_addr;
	else if (own.any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&own.v6.sin6_addr))
		own.v6.sin6_addr = route.v6.sin6_addr;
	return own;
}

static void told(const char *kind, int fd, const union address *to, long ret, const char *error)
{
	struct truth t = {.kind = kind, .to = *to, .ret = ret, .error = error};

	t.from = local_end(fd, to);
	tell(&t);
}

/* Failed before a port or an address was chosen. */
static void told_early(const char *kind, int fd, const union address *to, int error)
{
	struct truth t = {.kind = kind, .to = *to, .ret = -error, .error = name_of(error)};
	char text[INET6_ADDRSTRLEN];

	t.from = own_name(fd);
	/* No address yet, so that of the other end's family stands for none. */
	t.from = address(show(to, text) == 4 ? "0.0.0.0" : "::", port_of(&t.from));
	tell(&t);
}

static long do_connect(int fd, const union address *to)
{
	return connect(fd, &to->any, size_of(to)) ? -errno : 0;
}

static void blocking(const char *kind, int family, const char *text, int port)
{
	union address to = address(text, port);
	int fd = tcp(family, 0);
	long ret = do_connect(fd, &to);

	told(kind, fd, &to, ret, name_of(-ret));
	close(fd);
}

static int outcome_of(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t size = sizeof(error);

	poll(&p, 1, -1);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return error;
}

static void nonblocking(const char *kind, int family, const char *text, int port)
{
	union address to = address(text, port);
	int fd = tcp(family, SOCK_NONBLOCK);
	long ret = do_connect(fd, &to);
	int error = outcome_of(fd);

	told(kind, fd, &to, ret, name_of(error));
	do_connect(fd, &to); /* no attempt: it fetches the result, or EISCONN */
	close(fd);
}

static void early(const char *kind, int family, const char *text)
{
	union address to = address(text, 81);
	int fd = tcp(family, 0);
	long ret = do_connect(fd, &to);

	if (ret >= 0)
		die(kind);
	told_early(kind, fd, &to, -ret);
	close(fd);
}

static void bound(void)
{
	union address to = address(PEER4, PORT_PLAIN), from = address("10.77.0.1", 0);
	int fd = tcp(AF_INET, 0);

	if (bind(fd, &from.any, sizeof(from.v4)))
		die("bind");
	told("bound", fd, &to, do_connect(fd, &to), NULL);
	close(fd);
}

/* Two sockets on one port to one destination: the second finds no free address. */
static void address_in_use(void)
{
	union address to = address(PEER4, PORT_PLAIN), from = address("10.77.0.1", 0);
	int one = 1, first = tcp(AF_INET, 0), second = tcp(AF_INET, 0);
	long ret;

	setsockopt(first, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(second, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(first, &from.any, sizeof(from.v4)))
		die("bind");
	from = own_name(first);
	if (bind(second, &from.any, sizeof(from.v4)))
		die("bind");
	told("address-in-use-first", first, &to, do_connect(first, &to), NULL);
	ret = do_connect(second, &to);
	told("address-in-use", second, &to, ret, name_of(-ret));
	close(first);
	close(second);
}

/* One port in the range, and it is taken: on a fresh socket and on one with an older port. */
static void no_ports(void)
{
	union address to = address(PEER4, PORT_PLAIN), refused = address(PEER4, PORT_CLOSED);
	int reused = tcp(AF_INET, 0), holder = tcp(AF_INET, 0), fresh = tcp(AF_INET, 0);
	struct truth t = {.kind = "no-ports", .to = to, .error = "EADDRNOTAVAIL"};
	char command[128];
	long ret = do_connect(reused, &refused);

	told("no-ports-refused", reused, &refused, ret, name_of(-ret));
	told("no-ports-holder", holder, &to, do_connect(holder, &to), NULL);
	snprintf(command, sizeof(command), "echo %d %d >/proc/sys/net/ipv4/ip_local_port_range",
		 port_of(&(union address){.v4 = own_name(holder).v4}),
		 port_of(&(union address){.v4 = own_name(holder).v4}));
	run(command);
	t.from = address("10.77.0.1", 0);
	t.ret = do_connect(fresh, &to);
	tell(&t);
	t.kind = "no-ports-reused";
	t.ret = do_connect(reused, &to);
	tell(&t);
	run("echo 32768 60999 >/proc/sys/net/ipv4/ip_local_port_range");
	close(reused);
	close(holder);
	close(fresh);
}

static void reused_descriptor(void)
{
	union address closed = address(PEER4, PORT_CLOSED), open = address(PEER4, PORT_PLAIN);
	int fd = tcp(AF_INET, 0);
	long ret = do_connect(fd, &closed);

	told("reused-refused", fd, &closed, ret, name_of(-ret));
	told("reused-established", fd, &open, do_connect(fd, &open), NULL);
	close(fd);
}

static void *thread_main(void *unused)
{
	(void)unused;
	prctl(PR_SET_NAME, "worker");
	blocking("thread", AF_INET, PEER4, PORT_PLAIN);
	return NULL;
}

static void threads(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, thread_main, NULL);
	pthread_join(thread, NULL);
}

static void aborted(const char *kind, bool disconnect)
{
	union address to = address("10.77.9.1", 80);
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	int fd = tcp(AF_INET, SOCK_NONBLOCK);
	long ret = do_connect(fd, &to);

	told(kind, fd, &to, ret, "aborted");
	do_connect(fd, &to); /* EALREADY: no attempt */
	if (disconnect)
		connect(fd, &none, sizeof(none));
	close(fd);
}

static void send_timeout(void)
{
	union address to = address("10.77.9.1", 80);
	struct timeval limit = {.tv_usec = 50000};
	int fd = tcp(AF_INET, 0);
	long ret;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	ret = do_connect(fd, &to);
	told("send-timeout", fd, &to, ret, "aborted");
	close(fd);
}

static void other_user(void)
{
	pid_t child = fork();

	if (!child) {
		if (setresuid(65534, 65534, 65534))
			die("setresuid");
		blocking("other-user", AF_INET, PEER4, PORT_PLAIN);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

#endif
