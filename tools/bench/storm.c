/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A storm of mkdir(2) calls on a directory that exists: PROCESSES processes, together RATE calls a
 * second (0: as fast as they can), CALLS calls in all. Prints the calls made and the seconds taken.
 * Several processes work in bursts of 1 ms and sleep between; one alone spaces its calls evenly.
 *
 * usage: storm PROCESSES CALLS RATE DIRECTORY
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void work(long calls, double rate, bool even, const char *dir)
{
	double begun = now();
	long done = 0;

	while (done < calls) {
		long due = rate > 0 ? (now() - begun) * rate + 1 : calls;

		if (due > calls)
			due = calls;
		for (; done < due; done++)
			mkdir(dir, 0755);
		if (done < calls && !even)
			usleep(1000);
	}
}

int main(int argc, char **argv)
{
	double begun = now();
	int processes;
	long calls;

	if (argc != 5) {
		fprintf(stderr, "usage: storm PROCESSES CALLS RATE DIRECTORY\n");
		return 2;
	}
	processes = atoi(argv[1]);
	calls = atol(argv[2]) / processes;
	for (int i = 0; i < processes; i++) {
		if (fork() == 0) {
			work(calls, atof(argv[3]) / processes, processes == 1, argv[4]);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	printf("{\"calls\":%ld,\"seconds\":%.3f}\n", calls * processes, now() - begun);
	return 0;
}
