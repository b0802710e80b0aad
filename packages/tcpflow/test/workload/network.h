/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network of our own: the client on one side of a veth pair, the server on the other. Port 7000
 * of the server refuses, for 10.78.0.99 there is no neighbour. */
#ifndef NETWORK_H
#define NETWORK_H

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include "truth.h"

#define CLIENT4 "10.78.0.1"
#define UNHEARD "10.78.0.5" /* of the client; the server cannot answer it when it has said so */
#define SERVER4 "10.78.0.2"
#define SERVER6 "fd78::2"

static void run(const char *command)
{
	if (system(command)) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

/* One byte from one side to the other: now it is your turn. */
static void pass(int fd)
{
	if (write(fd, "t", 1) != 1)
		die("pass");
}

static void await(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		exit(1); /* the other side has failed and said so */
}

/* Forks the server, in a network namespace of its own, and joins both by a veth pair. Returns false
 * in the server; `other` is a socket to the other side. */
static bool split(int *other, pid_t *server)
{
	char command[256];
	int pair[2];

	if (unshare(CLONE_NEWNET) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("unshare");
	run("ip link set lo up");
	*server = fork();
	if (!*server) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		*other = pair[1];
		close(pair[0]);
		if (unshare(CLONE_NEWNET))
			die("unshare");
		pass(*other);
		await(*other);
		run("ip link set lo up && ip addr add 10.78.0.2/24 dev veth-server && "
		    "ip addr add fd78::2/64 dev veth-server nodad && "
		    "ip link set veth-server up");
		pass(*other);
		await(*other);
		return false;
	}
	*other = pair[0];
	close(pair[1]);
	await(*other);
	snprintf(command, sizeof(command),
		 "ip link add veth-client type veth peer name veth-server netns %d", *server);
	run(command);
	run("ip addr add 10.78.0.1/24 dev veth-client && "
	    "ip addr add 10.78.0.5/24 dev veth-client && "
	    "ip addr add fd78::1/64 dev veth-client nodad && ip link set veth-client up");
	pass(*other);
	await(*other);
	pass(*other);
	return true;
}

static int listener(const char *text, int port, int protocol)
{
	union address any = address(text, port);
	int one = 1, zero = 0, fd = socket(any.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (any.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(fd, &any.any, size_of(&any)) || listen(fd, 4096))
		die("listen");
	return fd;
}

#endif
