/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes each kind of attempt to connect, N of each, in a network of its own, and tells what
 * getsockname, getpeername and errno said of it. Calls that are no attempts are made and not told.
 *
 *   connects N[:PARALLEL]            all kinds; slow ones at once, but no more than PARALLEL
 *   connects N[:PARALLEL] KIND...    these only */
#include <fcntl.h>
#include <pthread.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include "network.h"
#include "uring.h"

#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT 30
#endif

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

static void on_signal(int signal)
{
	(void)signal;
}

static void interrupt_soon(int flags)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
	struct itimerval soon = {.it_value.tv_usec = 50000};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
}

static void interrupted(bool restart)
{
	union address to = address("10.77.9.1", 80);
	int fd = tcp(AF_INET, 0), error;
	long ret;

	interrupt_soon(restart ? SA_RESTART : 0);
	ret = do_connect(fd, &to);
	error = restart ? -ret : outcome_of(fd);
	told(restart ? "restarted" : "interrupted", fd, &to, ret, name_of(error));
	close(fd);
}

/* A child blocks in connect(); we know its port because it was bound. */
static pid_t blocked_child(union address *from, const union address *to, const char *kind)
{
	int ready[2], fd = tcp(AF_INET, 0);
	pid_t child;
	char byte;

	*from = address("10.77.0.1", 0);
	if (bind(fd, &from->any, sizeof(from->v4)) || pipe(ready))
		die("bind");
	*from = own_name(fd);
	child = fork();
	if (!child) {
		long ret;

		if (write(ready[1], "r", 1) != 1)
			die("ready");
		ret = do_connect(fd, to);
		told(kind, fd, to, ret, name_of(-ret));
		_exit(0);
	}
	close(fd);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("child");
	close(ready[0]);
	return child;
}

static void wait_until_connecting(int port)
{
	char line[256], wanted[16];
	bool found = false;

	snprintf(wanted, sizeof(wanted), ":%04X ", port);
	while (!found) {
		FILE *table = fopen("/proc/net/tcp", "r");

		while (!found && fgets(line, sizeof(line), table))
			found = strstr(line, wanted) && strstr(line, " 02 ");
		fclose(table);
	}
}

static void killed(void)
{
	union address to = address("10.77.9.1", 80);
	struct truth t = {.kind = "killed", .to = to, .ret = NO_RET, .error = "aborted"};

	t.pid = t.tid = blocked_child(&t.from, &to, "killed");
	wait_until_connecting(port_of(&t.from));
	kill(t.pid, SIGKILL);
	waitpid(t.pid, NULL, 0);
	tell(&t);
}

/* Stopped while it waits. Beyond the timeout: the outcome comes while the process sleeps. */
static void stopped(bool beyond)
{
	union address to = address("10.77.9.1", 80), from;
	pid_t child = blocked_child(&from, &to, beyond ? "stopped-beyond" : "stopped");

	wait_until_connecting(port_of(&from));
	kill(child, SIGSTOP);
	waitpid(child, NULL, WUNTRACED);
	if (beyond)
		usleep(3500000);
	kill(child, SIGCONT);
	waitpid(child, NULL, 0);
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

static void uring(const char *kind, int family, const char *text, int port, int sqe_flags)
{
	static struct uring ring;
	static pid_t owner;
	union address to = address(text, port);
	int fd = tcp(family, 0), ret;

	if (owner != getpid() && !uring_open(&ring)) {
		close(fd);
		return; /* not in this kernel, or forbidden */
	}
	owner = getpid();
	ret = uring_connect(&ring, fd, &to, sqe_flags);
	if (ret == -ENETUNREACH || ret == -EINVAL)
		told_early(kind, fd, &to, -ret);
	else
		told(kind, fd, &to, ret, name_of(-ret));
	close(fd);
}

static void fastopen_send(const char *kind, const char *text, int port, int flags, bool message)
{
	union address to = address(text, port);
	int fd = tcp(AF_INET, flags), error;
	struct iovec data = {.iov_base = "hello", .iov_len = 5};
	struct msghdr header = {
	    .msg_name = &to, .msg_namelen = sizeof(to.v4), .msg_iov = &data, .msg_iovlen = 1};
	long ret;

	ret = message ? sendmsg(fd, &header, MSG_FASTOPEN)
		      : sendto(fd, "hello", 5, MSG_FASTOPEN, &to.any, sizeof(to.v4));
	if (ret < 0)
		ret = -errno;
	if (ret == -ENETUNREACH) {
		told_early(kind, fd, &to, -ret);
	} else {
		error = ret == -EINPROGRESS || ret >= 0 ? outcome_of(fd) : -ret;
		told(kind, fd, &to, ret, name_of(error));
	}
	close(fd);
}

/* With a cookie from an earlier connection the SYN waits for the first write. */
static void fastopen_connect(const char *kind, bool write_something)
{
	union address to = address(PEER4, PORT_FASTOPEN);
	int one = 1, fd = tcp(AF_INET, 0);
	long ret;

	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one));
	ret = do_connect(fd, &to);
	if (write_something && write(fd, "hello", 5) != 5)
		die("write");
	told(kind, fd, &to, ret, write_something ? NULL : "aborted");
	close(fd);
}

static void mptcp(const char *kind, const char *text, int port, int flags)
{
	union address to = address(text, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, IPPROTO_MPTCP), error;
	long ret;

	if (fd < 0)
		return; /* not in this kernel */
	ret = do_connect(fd, &to);
	error = ret == -EINPROGRESS ? outcome_of(fd) : -ret;
	if (error == ENETUNREACH)
		told_early(kind, fd, &to, error);
	else
		told(kind, fd, &to, ret, name_of(error));
	if (!error) { /* data lets the further subflows join */
		send(fd, "hello", 5, 0);
		usleep(20000);
	}
	close(fd);
}

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
	pid_t slow_children[4096];

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
			if (slow == parallel)
				waitpid(slow_children[--slow], NULL, 0);
			slow_children[slow] = fork();
			if (!slow_children[slow++]) {
				kind->run();
				_exit(0);
			}
		}
	}
	if (argc == 3 && !strcmp(argv[2], "pending"))
		pending(times);
	while (slow > 0)
		waitpid(slow_children[--slow], NULL, 0);
	return 0;
}
