/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the application knows of its own attempts, told as one JSON object per line. */
#ifndef TRUTH_H
#define TRUTH_H

#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>
#include "inet.h"

#define NO_RET 1000000 /* the call never returned */

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
