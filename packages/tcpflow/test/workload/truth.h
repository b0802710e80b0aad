/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an application knows of its own connections, told as one JSON object per line. */
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
#include <time.h>
#include <unistd.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* One end of a connection. */
struct end {
	const char *call; /* connect or accept */
	union address local, remote;
	unsigned long long cookie;
};

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

static inline struct end end_of(const char *call, int fd, const union address *remote)
{
	struct end end = {.call = call};
	socklen_t size = sizeof(end.local), cookie_size = sizeof(end.cookie);

	if (remote)
		end.remote = *remote;
	else if (getpeername(fd, &end.remote.any, &size))
		die("getpeername");
	size = sizeof(end.local);
	if (getsockname(fd, &end.local.any, &size))
		die("getsockname");
	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &end.cookie, &cookie_size);
	return end;
}

/* `more` is JSON of what else is known. */
static inline void tell(const char *type, const struct end *end, const char *more)
{
	char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN], comm[16], line[1024];
	int family = show(&end->remote, remote), size;

	show(&end->local, local);
	prctl(PR_GET_NAME, comm);
	size =
	    snprintf(line, sizeof(line),
		     "{\"type\":\"%s\",\"call\":\"%s\",\"pid\":%d,\"comm\":\"%s\","
		     "\"flow\":\"%llu\",\"family\":%d,\"saddr\":\"%s\",\"sport\":%d,"
		     "\"daddr\":\"%s\",\"dport\":%d%s%s}\n",
		     type, end->call, getpid(), comm, end->cookie, family, local,
		     port_of(&end->local), remote, port_of(&end->remote), *more ? "," : "", more);
	if (write(STDOUT_FILENO, line, size) != size)
		die("write");
}

static inline void tell_failed(const struct end *end, const char *error)
{
	char more[64];

	snprintf(more, sizeof(more), "\"error\":\"%s\"", error);
	tell("connect", end, more);
}

struct closing {
	const char *by;	   /* local, remote, or NULL */
	const char *how;   /* fin, rst, timeout */
	const char *error; /* what the application was told, or NULL */
	int sent, received;
};

static inline void tell_close(const struct end *end, const struct closing *c)
{
	char more[256];
	const char *by = c->by ? c->by : "", *error = c->error ? c->error : "";

	snprintf(more, sizeof(more),
		 "\"closed_by\":%s%s%s,\"end\":\"%s\",\"error\":%s%s%s,\"tx_bytes\":%d,"
		 "\"rx_bytes\":%d",
		 c->by ? "\"" : "null", by, c->by ? "\"" : "", c->how, c->error ? "\"" : "null",
		 error, c->error ? "\"" : "", c->sent, c->received);
	tell("close", end, more);
}

static inline double monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

#endif
