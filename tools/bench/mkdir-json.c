/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mkdirsnoop is measured against: the same BPF object and the same JSON fields, consumed by C
 * on libbpf as such tools usually are, with stdio. MODE `poll` waits for each wake-up of the ring
 * buffer; `coalesce` sleeps 10 ms after each drain, as our own reader does.
 *
 * usage: mkdir-json OBJECT poll|coalesce [PROGRAM...]   (ends on SIGINT)
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "../../bpf/mkdirsnoop.h"

static volatile sig_atomic_t stop;
static long long clock_offset_ns;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

static void put_text(const char *text, unsigned length)
{
	putchar('"');
	for (unsigned i = 0; i < length; i++) {
		unsigned char byte = text[i];

		if (byte == '"' || byte == '\\')
			printf("\\%c", byte);
		else if (byte < 0x20)
			printf("\\u%04x", byte);
		else if (byte >= 0x80)
			printf("\\\\x%02x", byte);
		else
			putchar(byte);
	}
	putchar('"');
}

static void put_path(const char *argv, unsigned argv_length, const char *base, unsigned base_length)
{
	static char path[8192];

	if (argv_length && argv[0] == '/') {
		put_text(argv, argv_length);
		return;
	}
	memcpy(path, base, base_length);
	path[base_length] = '/';
	memcpy(path + base_length + 1, argv, argv_length);
	put_text(path, base_length + 1 + argv_length);
}

static int on_record(void *context, void *data, size_t size)
{
	const struct mkdir_event *event = data;
	const struct event_header *owner = &event->header;
	const char *argv = (const char *)(event + 1), *base = argv + event->argv_length;
	long long wall = owner->ts_ns + clock_offset_ns;
	time_t seconds = wall / 1000000000;
	char date[32];
	struct tm tm;

	(void)context;
	(void)size;
	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	printf("{\"type\":\"mkdir\",\"time\":\"%s.%09lldZ\",\"ts_us\":%llu,\"pid\":%u,\"tid\":%u,"
	       "\"ppid\":%u,\"uid\":%u,\"gid\":%u,\"comm\":",
	       date, wall % 1000000000, owner->ts_ns / 1000, owner->pid, owner->tid, owner->ppid,
	       owner->uid, owner->gid);
	put_text(owner->comm, strnlen(owner->comm, sizeof(owner->comm)));
	printf(",\"mode\":%u,\"ret\":%d,\"error\":", event->mode, event->ret);
	if (event->ret < 0)
		printf("\"%s\"", strerrorname_np(-event->ret));
	else
		printf("null");
	printf(",\"latency_us\":%llu,\"argv\":", event->latency_ns / 1000);
	put_text(argv, event->argv_length);
	printf(",\"path\":");
	put_path(argv, event->argv_length, base, event->base_length);
	printf(",\"host_path\":");
	put_path(argv, event->argv_length, base, event->base_length);
	printf(
	    ",\"mntns\":%u,\"netns\":%u,\"cgroup_id\":\"%llu\",\"container\":null,\"k8s\":null}\n",
	    owner->mntns, owner->netns, owner->cgroup_id);
	return 0;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

int main(int argc, char **argv)
{
	struct ring_buffer *ring;
	struct bpf_program *program;
	struct bpf_object *object;
	struct timespec wall, monotonic;
	int coalesce;

	if (argc < 4) {
		fprintf(stderr, "usage: mkdir-json OBJECT poll|coalesce PROGRAM...\n");
		return 2;
	}
	coalesce = strcmp(argv[2], "coalesce") == 0;
	libbpf_set_print(quiet);
	signal(SIGINT, on_signal);
	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_offset_ns =
	    (wall.tv_sec - monotonic.tv_sec) * 1000000000LL + wall.tv_nsec - monotonic.tv_nsec;
	object = bpf_object__open(argv[1]);
	if (!object)
		return 1;
	bpf_object__for_each_program(program, object)
	{
		int wanted = 0;

		for (int i = 3; i < argc; i++)
			wanted |= strcmp(bpf_program__name(program), argv[i]) == 0;
		bpf_program__set_autoload(program, wanted);
	}
	if (bpf_object__load(object))
		return 1;
	bpf_object__for_each_program(program, object)
	{
		if (bpf_program__autoload(program) && !bpf_program__attach(program))
			return 1;
	}
	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "events"), on_record, NULL,
				NULL);
	if (!ring)
		return 1;
	fprintf(stderr, "mkdir-json: tracing\n");
	while (!stop) {
		if (ring_buffer__poll(ring, 100) < 0 && errno != EINTR)
			return 1;
		if (coalesce && !stop)
			usleep(10000);
	}
	ring_buffer__consume(ring);
	fflush(stdout);
	return 0;
}
