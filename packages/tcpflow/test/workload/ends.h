/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways in which a connection ends, from both sides. */
#ifndef ENDS_H
#define ENDS_H

#include <poll.h>
#include "kinds.h"

static void reset(int fd)
{
	struct linger none = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}

static void send_bytes(int fd, int count)
{
	char bytes[ANSWERED] = {0};

	if (send(fd, bytes, count, MSG_NOSIGNAL) != count)
		die("send");
}

/* Reads that many, or to the end if `count` is -1. Returns how many came. */
static int receive(int fd, int count)
{
	char bytes[ANSWERED];
	int total = 0, got;

	while (total != count) {
		int room = count < 0 ? (int)sizeof(bytes) : count - total;

		got = recv(fd, bytes, room, 0);
		if (got <= 0)
			break;
		total += got;
	}
	return total;
}

/* Waits until the other side's FIN or RST is here: on a busy machine it comes later than word of
 * it. */
static void await_end(int fd)
{
	struct pollfd end = {.fd = fd, .events = POLLRDHUP};

	poll(&end, 1, -1);
}

static void await_bytes(int fd, int count)
{
	char bytes[ANSWERED];

	recv(fd, bytes, count, MSG_PEEK | MSG_WAITALL);
}

/* Ends the client's side and says how. Turns are taken wherever the order matters. */
static struct closing end_client(const struct kind *kind, int fd, int other)
{
	struct closing c = {"local", "fin", NULL, ASKED, ANSWERED};
	int timeout_ms = 300, linger_s = 100;

	switch (kind->how) {
	case SERVER_FIN:
	case SERVER_CHILD:
	case SERVER_RST:
		await(other);
		receive(fd, -1);
		close(fd);
		c.by = "remote";
		if (kind->how == SERVER_RST)
			c = (struct closing){"remote", "rst", "ECONNRESET", ASKED, ANSWERED};
		break;
	case CLIENT_HALF:
		shutdown(fd, SHUT_WR);
		c.received += receive(fd, -1);
		close(fd);
		break;
	case CLIENT_UNREAD:
		await(other);
		await_bytes(fd, EXTRA);
		c.received += EXTRA;
		/* fall through */
	case CLIENT_RST:
		reset(fd);
		c.how = "rst";
		break;
	case SERVER_UNREAD_AFTER_FIN:
		/* More than a minute, so that no acknowledged FIN makes it a socket in TIME_WAIT,
		 * which no RST ends. */
		setsockopt(fd, IPPROTO_TCP, TCP_LINGER2, &linger_s, sizeof(linger_s));
		send_bytes(fd, EXTRA);
		close(fd);
		c = (struct closing){"local", "rst", "ECONNRESET", ASKED + EXTRA, ANSWERED};
		break;
	case UNANSWERED:
		await(other);
		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
		send_bytes(fd, EXTRA);
		receive(fd, -1);
		close(fd);
		c = (struct closing){NULL, "timeout", "ETIMEDOUT", ASKED + EXTRA, ANSWERED};
		break;
	default:
		close(fd);
	}
	return c;
}

static struct closing end_server(const struct kind *kind, int fd, int other)
{
	struct closing c = {"remote", "fin", NULL, ANSWERED, ASKED};
	pid_t child;

	switch (kind->how) {
	case SERVER_CHILD:
		child = fork();
		if (!child)
			_exit(0); /* has the connection open until now */
		waitpid(child, NULL, 0);
		/* fall through */
	case SERVER_FIN:
		close(fd);
		pass(other);
		c.by = "local";
		break;
	case SERVER_RST:
		reset(fd);
		pass(other);
		c.by = "local";
		c.how = "rst";
		break;
	case CLIENT_HALF:
		receive(fd, -1);
		send_bytes(fd, EXTRA);
		c.sent += EXTRA;
		close(fd);
		break;
	case CLIENT_UNREAD:
		send_bytes(fd, EXTRA);
		c.sent += EXTRA;
		pass(other);
		/* fall through */
	case CLIENT_RST:
		receive(fd, -1);
		close(fd);
		c.how = "rst";
		c.error = "ECONNRESET";
		break;
	case SERVER_UNREAD_AFTER_FIN:
		await(other);
		await_end(fd);
		close(fd);
		c.by = "local";
		c.how = "rst";
		c.received += EXTRA;
		break;
	default:
		receive(fd, -1);
		close(fd);
	}
	return c;
}

#endif
