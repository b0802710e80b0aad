/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an application knows of its own connections, told as one JSON object per line. */
#ifndef TRUTH_H
#define TRUTH_H

#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include "inet.h"

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

/* One end of a connection. */
struct end {
	const char *call; /* connect or accept */
	union address local, remote;
	unsigned long long cookie;
};

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

/* FLOWS_OF tells programs of several tests apart that run at a time. */
static inline void take_name(const char *role)
{
	const char *whose = getenv("FLOWS_OF");
	char name[16];

	snprintf(name, sizeof(name), "%s-%s", role, whose ? whose : "");
	prctl(PR_SET_NAME, name);
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
