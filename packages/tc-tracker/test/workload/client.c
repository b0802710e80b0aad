// SPDX-License-Identifier: GPL-2.0-or-later
/* `client PORT CONNECTIONS BYTES HOST...`: connections to each host in turn, one after the other,
 * that many bytes in each. Prints what it knows itself, as JSON: what it wrote, what TCP sent for
 * that (repeats included), what it read, and the ports it had. */
#include <arpa/inet.h>
#include <err.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_connection(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
	struct addrinfo *to;
	int fd;

	if (getaddrinfo(host, port, &hints, &to))
		errx(1, "no address: %s", host);
	fd = socket(to->ai_family, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen))
		err(1, "connect to %s", host);
	freeaddrinfo(to);
	return fd;
}

static int own_port(int fd)
{
	struct sockaddr_in6 own; /* both families have it at the same place */
	socklen_t length = sizeof(own);

	if (getsockname(fd, (struct sockaddr *)&own, &length))
		err(1, "getsockname");
	return ntohs(own.sin6_port);
}

int main(int argc, char **argv)
{
	static char chunk[1 << 16];
	long connections = atol(argv[2]), bytes = atol(argv[3]);
	unsigned long long sent = 0, received = 0;

	memset(chunk, 'c', sizeof(chunk));
	printf("{\"pid\":%d,\"ports\":[", getpid());
	for (long i = 0; i < connections; i++) {
		int fd = open_connection(argv[4 + i % (argc - 4)], argv[1]);
		struct tcp_info info = {};
		socklen_t length = sizeof(info);
		ssize_t got;

		for (long left = bytes; left > 0;) {
			long size = left < (long)sizeof(chunk) ? left : (long)sizeof(chunk);
			ssize_t written = write(fd, chunk, size);

			if (written < 0)
				err(1, "write");
			left -= written;
		}
		shutdown(fd, SHUT_WR);
		while ((got = read(fd, chunk, sizeof(chunk))) > 0)
			received += got;
		if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length))
			err(1, "TCP_INFO");
		sent += info.tcpi_bytes_sent;
		printf("%s%d", i ? "," : "", own_port(fd));
		close(fd);
	}
	printf("],\"written\":%ld,\"sent\":%llu,\"received\":%llu}\n", connections * bytes, sent,
	       received);
}
