// SPDX-License-Identifier: GPL-2.0-or-later
/* Has both ends of each connection used for the first time at the same moment, on two processors.
 *
 *   meet PATH CONNECTIONS
 *
 * Waits for a line on stdin. A client sends one byte each time, and a server that does not sleep
 * reads it. */
#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listener, count;

static void *serve(void *unused)
{
	char byte;

	for (int i = 0; i < count; i++) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			err(1, "accept");
		while (recv(fd, &byte, 1, MSG_DONTWAIT) < 0)
			;
		if (send(fd, &byte, 1, 0) != 1)
			err(1, "send");
		while (recv(fd, &byte, 1, 0) > 0)
			;
		close(fd);
	}
	return unused;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	pthread_t server;
	char byte = 'x';

	if (argc != 3)
		errx(2, "usage: meet PATH CONNECTIONS");
	count = atoi(argv[2]);
	strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 16))
		err(1, "%s", argv[1]);
	puts("listening");
	fflush(stdout);
	getchar();
	pthread_create(&server, NULL, serve, NULL);
	for (int i = 0; i < count; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
			err(1, "connect");
		usleep(i % 64); /* so that the server is there */
		if (send(fd, &byte, 1, 0) != 1 || recv(fd, &byte, 1, 0) != 1)
			err(1, "exchange");
		close(fd);
	}
	pthread_join(server, NULL);
	return 0;
}
