/*
 * listen.c - an address from words, and a socket on it.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"
#include "num.h"

#define BACKLOG 1024

/* HOST:PORT cut in two. */
static int
split(const char *where, char *host, size_t nhost, char *port, size_t nport, struct err *err)
{
	const char *colon = strrchr(where, ':'), *from = where;
	uint64_t number;
	size_t n;

	if (colon == NULL || !num_parse(colon + 1, 0, 65535, &number))
		return err_set(err, -1, "%.80s is not HOST:PORT", where);
	n = (size_t)(colon - where);
	if (n >= 2 && where[0] == '[' && colon[-1] == ']') {
		from++;
		n -= 2;
	}
	if (n == 0 || n >= nhost)
		return err_set(err, -1, "%.80s is not HOST:PORT", where);
	memcpy(host, from, n);
	host[n] = '\0';
	snprintf(port, nport, "%u", (unsigned)number);
	return 0;
}

static bool
is_loopback(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) >>
			   24 ==
		       127;
	return a->sa_family == AF_INET6 &&
	    IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
}

static int
open_socket(const struct addrinfo *a, const char *where, int *out, struct err *err)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, no;

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
		*out = fd;
		return 0;
	}
	no = errno;
	if (fd >= 0)
		close(fd);
	return err_sys(err, -1, no, "cannot listen at %s", where);
}

static void
print_address(int fd, char *at, size_t n)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);
	char host[INET6_ADDRSTRLEN], port[8];

	if (getsockname(fd, (struct sockaddr *)(void *)&a, &len) != 0 ||
	    getnameinfo((struct sockaddr *)(void *)&a, len, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(at, n, "?");
	else
		snprintf(at, n, a.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

int
listen_at(const char *where, bool anywhere, int *fd, bool *loopback, char *host, size_t nhost,
    char *at, size_t n, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	char port[8];
	int rc;

	if (split(where, host, nhost, port, sizeof(port), err) != 0)
		return -1;
	if ((rc = getaddrinfo(host, port, &hints, &list)) != 0)
		return err_set(err, -1, "%.80s: %s", where, gai_strerror(rc));
	*loopback = is_loopback(list->ai_addr);
	if (!*loopback && !anywhere)
		rc = err_set(err, -1,
		    "HTTP_LISTEN=%.80s is not this machine alone; --listen serves others"
		    " too, with something that does TLS in front",
		    where);
	else
		rc = open_socket(list, where, fd, err);
	freeaddrinfo(list);
	if (rc == 0)
		print_address(*fd, at, n);
	return rc;
}
