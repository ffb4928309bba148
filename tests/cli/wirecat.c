/*
 * wirecat.c - raw bytes to a daemon's socket, and what it answers.
 *
 * usage: wirecat [-k] [-n N] [-t SECONDS] SOCKET
 *
 * Standard input goes to the socket as it is; when it ends so does the sending half of the
 * connection, or with -k nothing does.  What the daemon says goes to standard output, until it
 * closes the connection.  A daemon that stops reading does not stop us from reading.  With -n so
 * many further connections are made before, and stay open meanwhile.
 *
 * Exit status: 0 the daemon closed the connection; 1 no connection; 2 usage; 3 it is still open
 * after SECONDS (60).
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "num.h"

#define CHUNK 65536

static int
connect_to(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || strlen(path) >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, path, strlen(path));
	if (connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Bytes on their way to the daemon. */
struct sending {
	char chunk[CHUNK];
	size_t from, to;
	bool ended;		/* nothing more is to be sent */
};

static void
send_some(struct sending *s, int fd, bool keep)
{
	ssize_t n;

	if (s->from == s->to) {
		n = read(STDIN_FILENO, s->chunk, sizeof(s->chunk));
		s->from = 0;
		s->to = n > 0 ? (size_t)n : 0;
		if (n <= 0) {
			s->ended = true;
			if (!keep)
				shutdown(fd, SHUT_WR);
			return;
		}
	}
	n = send(fd, s->chunk + s->from, s->to - s->from, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		s->from += (size_t)n;
	else if (n < 0 && errno != EAGAIN)
		s->ended = true;	/* it reads no more; what it said still stands */
}

/* False when the daemon has closed the connection. */
static bool
receive_some(int fd)
{
	char chunk[CHUNK];
	ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

	return n > 0 && fwrite(chunk, 1, (size_t)n, stdout) == (size_t)n;
}

static int
converse(int fd, bool keep, time_t until)
{
	static struct sending s;

	for (;;) {
		bool pending = s.from < s.to;
		struct pollfd p[2] = {
			{ fd, (short)(POLLIN | (pending ? POLLOUT : 0)), 0 },
			{ s.ended || pending ? -1 : STDIN_FILENO, POLLIN, 0 },
		};
		time_t left = until - time(NULL);

		if (left <= 0)
			return 3;
		if (poll(p, 2, 1000 * (int)left) < 0)
			return 1;
		if ((p[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !receive_some(fd))
			return 0;
		if (!s.ended && ((p[0].revents & POLLOUT) != 0 || p[1].revents != 0))
			send_some(&s, fd, keep);
		fflush(stdout);
	}
}

int
main(int argc, char **argv)
{
	uint64_t more = 0, seconds = 60;
	bool keep = false;
	int c, fd, rc;

	while ((c = getopt(argc, argv, "kn:t:")) != -1)
		if (c == 'k')
			keep = true;
		else if (c == '?' || !num_parse(optarg, 0, 10000, c == 'n' ? &more : &seconds))
			return 2;
	if (optind + 1 != argc)
		return 2;
	while (more-- > 0)
		if (connect_to(argv[optind]) < 0)
			return 1;
	if ((fd = connect_to(argv[optind])) < 0) {
		fprintf(stderr, "wirecat: no connection to %s\n", argv[optind]);
		return 1;
	}
	rc = converse(fd, keep, time(NULL) + (time_t)seconds);
	return fflush(stdout) == 0 ? rc : 1;
}
