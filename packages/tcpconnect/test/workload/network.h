/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network of our own: this process on one side of a veth pair, servers on the other.
 *
 *   10.77.0.1 fd77::1 (us) ---- 10.77.0.2 fd77::2 (peer; servers on 7001 plain, 7002 Fast Open,
 *                                                   7003 MPTCP; anything else refuses)
 *   10.77.0.99  nobody answers for this neighbour
 *   10.77.5.1   prohibited, 10.77.6.1 unreachable, 10.77.7.1 blackhole: by our own routes
 *   10.77.8.1   unreachable: the peer says so by ICMP
 *   10.77.9.1   the peer drops it silently
 *   all else    no route */
#ifndef NETWORK_H
#define NETWORK_H

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include "truth.h"

#define PORT_PLAIN    7001
#define PORT_FASTOPEN 7002
#define PORT_MPTCP    7003
#define PORT_CLOSED   7999

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static void run(const char *command)
{
	if (system(command)) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

static int listener(int port, int protocol, int fastopen)
{
	union address any = address("::", port);
	int one = 1, zero = 0, fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (fastopen && setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &fastopen, sizeof(fastopen)))
		die("TCP_FASTOPEN");
	if (bind(fd, &any.any, sizeof(any.v6)) || listen(fd, 4096))
		die("listen");
	return fd;
}

/* Accepts for ever and keeps the connections, so that none ends early. */
static void serve(int ready)
{
	struct pollfd servers[3] = {
	    {.fd = listener(PORT_PLAIN, 0, 0), .events = POLLIN},
	    {.fd = listener(PORT_FASTOPEN, 0, 256), .events = POLLIN},
	    {.fd = listener(PORT_MPTCP, IPPROTO_MPTCP, 0), .events = POLLIN},
	};

	if (write(ready, "r", 1) != 1)
		die("ready");
	for (;;) {
		poll(servers, 3, -1);
		for (int i = 0; i < 3; i++)
			if (servers[i].revents & POLLIN)
				accept(servers[i].fd, NULL, NULL);
	}
}

static pid_t spawn_server(void)
{
	int ready[2];
	pid_t child;
	char byte;

	if (pipe(ready))
		die("pipe");
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("server");
	close(ready[0]);
	return child;
}

/* Makes the network and the servers: in the peer's namespace and, for loopback, in ours. */
static void build_network(void)
{
	char command[256];
	int ready[2], go[2];
	pid_t peer;
	char byte;

	if (unshare(CLONE_NEWNET) || pipe(ready) || pipe(go))
		die("unshare");
	peer = fork();
	if (!peer) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) || write(ready[1], "n", 1) != 1 ||
		    read(go[0], &byte, 1) != 1)
			die("peer");
		run("ip link set lo up && ip addr add 10.77.0.2/24 dev peer0 && "
		    "ip addr add 10.77.0.3/24 dev peer0 && "
		    "ip addr add fd77::2/64 dev peer0 nodad && ip link set peer0 up && "
		    "echo 1 >/proc/sys/net/ipv4/ip_forward && "
		    "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit && "
		    "echo 3 >/proc/sys/net/ipv4/tcp_fastopen && "
		    "ip route add unreachable 10.77.8.0/24 && "
		    "ip route add blackhole 10.77.9.0/24");
		serve(ready[1]);
	}
	if (read(ready[0], &byte, 1) != 1)
		die("peer");
	snprintf(command, sizeof(command),
		 "ip link set lo up && ip link add veth0 type veth peer name peer0 netns %d", peer);
	run(command);
	run("ip addr add 10.77.0.1/24 dev veth0 && ip addr add fd77::1/64 dev veth0 nodad && "
	    "ip link set veth0 up && "
	    "ip route add prohibit 10.77.5.0/24 && ip route add unreachable 10.77.6.0/24 && "
	    "ip route add blackhole 10.77.7.0/24 && "
	    "echo 3 >/proc/sys/net/ipv4/tcp_fastopen && "
	    "echo 1 >/proc/sys/net/ipv4/tcp_syn_retries && "
	    "echo 100 >/proc/sys/net/ipv4/neigh/veth0/retrans_time_ms && "
	    "echo 100 >/proc/sys/net/ipv6/neigh/veth0/retrans_time_ms");
	if (write(go[1], "g", 1) != 1 || read(ready[0], &byte, 1) != 1)
		die("peer");
	run("ip route add 10.77.8.0/24 via 10.77.0.2 && ip route add 10.77.9.0/24 via 10.77.0.2");
	run("ip addr add 10.77.0.4/24 dev veth0 && if ip mptcp limits set subflow 2 2>/dev/null; "
	    "then ip mptcp endpoint add 10.77.0.4 dev veth0 subflow; fi");
	spawn_server();
}

#endif
