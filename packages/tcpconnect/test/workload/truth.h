/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the application knows of its own attempts, told as one JSON object per line. */
#ifndef TRUTH_H
#define TRUTH_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

#define NO_RET 1000000 /* the call never returned */

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

static inline union address address(const char *text, int port)
{
	union address a = {0};

	if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(port);
	} else if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1) {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(port);
	} else {
		die(text);
	}
	return a;
}

static inline socklen_t size_of(const union address *a)
{
	return a->any.sa_family == AF_INET ? sizeof(a->v4) : sizeof(a->v6);
}

static inline int port_of(const union address *a)
{
	return ntohs(a->any.sa_family == AF_INET ? a->v4.sin_port : a->v6.sin6_port);
}

/* As text, IPv4-mapped as IPv4; returns the family, 4 or 6. */
static inline int show(const union address *a, char text[INET6_ADDRSTRLEN])
{
	if (a->any.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr)) {
		inet_ntop(AF_INET6, &a->v6.sin6_addr, text, INET6_ADDRSTRLEN);
		return 6;
	}
	inet_ntop(AF_INET,
		  a->any.sa_family == AF_INET ? (const void *)&a->v4.sin_addr
					      : (const void *)&a->v6.sin6_addr.s6_addr[12],
		  text, INET6_ADDRSTRLEN);
	return 4;
}

/* The source address that the routes give, asked with a datagram socket that sends nothing. */
static inline union address route_source(const union address *to)
{
	union address own = {0};
	socklen_t size = sizeof(own);
	int fd = socket(to->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!connect(fd, &to->any, size_of(to)))
		getsockname(fd, &own.any, &size);
	close(fd);
	return own;
}

static inline union address own_name(int fd)
{
	union address own = {0};
	socklen_t size = sizeof(own);

	if (getsockname(fd, &own.any, &size))
		die("getsockname");
	return own;
}

struct truth {
	const char *kind;
	union address from, to;
	long ret;
	const char *error; /* NULL: established */
	int pid, tid;
};

static inline void tell(const struct truth *t)
{
	char saddr[INET6_ADDRSTRLEN], daddr[INET6_ADDRSTRLEN], line[1024], comm[16];
	int family = show(&t->to, daddr), size;
	char ret[16] = "null";

	show(&t->from, saddr);
	if (t->ret != NO_RET)
		snprintf(ret, sizeof(ret), "%ld", t->ret);
	prctl(PR_GET_NAME, comm);
	size = snprintf(line, sizeof(line),
			"{\"kind\":\"%s\",\"pid\":%d,\"tid\":%d,\"uid\":%d,\"comm\":\"%s\","
			"\"family\":%d,\"saddr\":\"%s\",\"lport\":%d,\"daddr\":\"%s\",\"dport\":%d,"
			"\"ret\":%s,\"error\":%s%s%s}\n",
			t->kind, t->pid ? t->pid : getpid(),
			t->tid ? t->tid : (int)syscall(SYS_gettid), getuid(), comm, family, saddr,
			port_of(&t->from), daddr, port_of(&t->to), ret, t->error ? "\"" : "",
			t->error ? t->error : "null", t->error ? "\"" : "");
	if (write(STDOUT_FILENO, line, size) != size)
		die("write");
}

#endif
