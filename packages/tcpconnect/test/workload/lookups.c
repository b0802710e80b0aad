/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks names up in every way that a resolver may receive its answer, connects to what was
 * answered, and tells which name belongs to which attempt. All in a network of its own, with a name
 * server that knows n-A-B.test as 127.1.A.B.
 *
 *   lookups RESOLV_CONF N */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <signal.h>
#include <poll.h>
#include <unistd.h>

#define HEADER 12
#define PORT   7001

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static int bound(int type, in_addr_t host, int port)
{
	struct sockaddr_in a = loopback(port);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), one = 1;

	a.sin_addr.s_addr = host;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&a, sizeof(a)) || (type == SOCK_STREAM && listen(fd, 64)))
		die("bind");
	return fd;
}

/* Turns a query for n-A-B.test into its answer; the length of the answer. */
static int answer(unsigned char *message, int length)
{
	static const unsigned char HEAD[] = {0xc0, HEADER, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4};
	int a = 0, b = 0, end = HEADER, type;

	while (end < length && message[end])
		end += message[end] + 1;
	type = message[end + 1] << 8 | message[end + 2];
	end += 5;
	message[2] = 0x81;
	message[3] = 0x80;
	memset(message + 8, 0, 4); /* no authority, no additional records */
	if (type != 1 || sscanf((char *)message + HEADER + 1, "n-%d-%d", &a, &b) != 2) {
		message[6] = message[7] = 0;
		return end;
	}
	message[6] = 0;
	message[7] = 1;
	memcpy(message + end, HEAD, sizeof(HEAD));
	end += sizeof(HEAD);
	message[end++] = 127;
	message[end++] = 1;
	message[end++] = a;
	message[end++] = b;
	return end;
}

static void serve(int udp, int tcp, int web)
{
	struct pollfd ready[] = {{udp, POLLIN, 0}, {tcp, POLLIN, 0}, {web, POLLIN, 0}};
	unsigned char message[2048];
	struct sockaddr_in from;
	socklen_t size;
	int length, fd;

	prctl(PR_SET_NAME, "server");
	for (;;) {
		poll(ready, 3, -1);
		if (ready[0].revents & POLLIN) {
			size = sizeof(from);
			length = recvfrom(udp, message, 1024, 0, (void *)&from, &size);
			sendto(udp, message, answer(message, length), 0, (void *)&from, size);
		}
		if (ready[1].revents & POLLIN) {
			fd = accept(tcp, NULL, NULL);
			length = recv(fd, message, 2, MSG_WAITALL);
			length = recv(fd, message + 2, message[0] << 8 | message[1], MSG_WAITALL);
			length = answer(message + 2, length);
			message[0] = length >> 8;
			message[1] = length;
			send(fd, message, length + 2, 0);
			close(fd);
		}
		if (ready[2].revents & POLLIN)
			close(accept(web, NULL, NULL));
	}
}

static int query(unsigned char *message, const char *name)
{
	static const unsigned char HEAD[HEADER] = {7, 7, 1, 0, 0, 1};
	int length = HEADER;
	const char *dot;

	memcpy(message, HEAD, HEADER);
	for (; *name; name = *dot ? dot + 1 : dot) {
		dot = strchrnul(name, '.');
		message[length++] = dot - name;
		memcpy(message + length, name, dot - name);
		length += dot - name;
	}
	memcpy(message + length, "\0\0\1\0\1", 5);
	return length + 5;
}

enum way { READ, RECV, RECVMSG, RECVFROM_ANY, RECVMSG_ANY, STREAM, STREAM_AT_ONCE, WAYS };

static void ask(enum way way, const char *name)
{
	bool stream = way == STREAM || way == STREAM_AT_ONCE;
	bool any = way == RECVFROM_ANY || way == RECVMSG_ANY;
	struct sockaddr_in server = loopback(53), from;
	unsigned char message[2048] = {0}, *body = message + 2;
	struct iovec data = {message, sizeof(message)};
	struct msghdr header = {.msg_iov = &data, .msg_iovlen = 1};
	int fd = socket(AF_INET, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	int length = query(body, name);
	socklen_t size = sizeof(from);

	if (!any && connect(fd, (void *)&server, sizeof(server)))
		die("connect");
	message[0] = length >> 8;
	message[1] = length;
	if (stream)
		send(fd, message, length + 2, 0);
	else
		sendto(fd, body, length, 0, any ? (void *)&server : NULL, any ? sizeof(server) : 0);
	if (any) {
		header.msg_name = &from;
		header.msg_namelen = sizeof(from);
	}
	if (way == READ)
		length = read(fd, message, sizeof(message));
	else if (way == RECV)
		length = recv(fd, message, sizeof(message), 0);
	else if (way == RECVMSG || way == RECVMSG_ANY)
		length = recvmsg(fd, &header, 0);
	else if (way == RECVFROM_ANY)
		length = recvfrom(fd, message, sizeof(message), 0, (void *)&from, &size);
	else if (way == STREAM && recv(fd, message, 2, MSG_WAITALL) == 2)
		length = recv(fd, message, message[0] << 8 | message[1], MSG_WAITALL);
	else
		length = recv(fd, message, sizeof(message), 0);
	if (length < HEADER)
		die("answer");
	close(fd);
}

static void connect_and_tell(int a, int b, const char *name)
{
	struct sockaddr_in to = loopback(PORT);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(127 << 24 | 1 << 16 | a << 8 | b);
	if (connect(fd, (void *)&to, sizeof(to)))
		die("connect");
	close(fd);
	printf("{\"daddr\":\"127.1.%d.%d\",\"dport\":%d,\"dns\":%s%s%s}\n", a, b, PORT,
	       name ? "\"" : "", name ? name : "null", name ? "\"" : "");
}

int main(int argc, char **argv)
{
	int times = atoi(argv[argc - 1]), udp, tcp, web;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	char name[64];
	pid_t server;

	if (argc != 3 || unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(argv[1], "/etc/resolv.conf", NULL, MS_BIND, NULL) || system("ip link set lo up"))
		die("unshare");
	udp = bound(SOCK_DGRAM, htonl(INADDR_LOOPBACK), 53);
	tcp = bound(SOCK_STREAM, htonl(INADDR_LOOPBACK), 53);
	web = bound(SOCK_STREAM, INADDR_ANY, PORT);
	server = fork();
	if (!server) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(udp, tcp, web);
	}
	for (int b = 0; b < times; b++) {
		for (int way = 0; way < WAYS; way++) {
			snprintf(name, sizeof(name), "n-%d-%d.test", way, b);
			ask(way, name);
			connect_and_tell(way, b, name);
		}
		snprintf(name, sizeof(name), "n-%d-%d.test", WAYS, b);
		if (getaddrinfo(name, "7001", &hints, &found))
			die("getaddrinfo");
		freeaddrinfo(found);
		connect_and_tell(WAYS, b, name);
		connect_and_tell(WAYS + 1, b, NULL); /* nobody asked for it */
	}
	fflush(stdout);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return 0;
}
