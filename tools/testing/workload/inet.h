/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of the internet, as programs under test use and tell them. */
#ifndef INET_H
#define INET_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
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

#endif
