/*
 * standin.c - an embedding service of the tests, on the loopback.
 *
 * usage: standin PORT_FILE SCRIPT LOG [CERTIFICATE KEY]
 *
 * Answers Gemini's embedContent and batchEmbedContents and OpenAI's /embeddings.  What it does with
 * request number i stands in line i of SCRIPT, the last line goes for
 * all that come after it, and an empty script means "ok":
 *
 *	ok			vectors, made of the texts by a hash, not of unit length
 *	float			the same as numbers, whatever was asked for
 *	shuffle			the same, last first
 *	noindex			the same without `index`
 *	count N, dim N		N vectors, N components
 *	nan, inf, zero, null	the first component, or all, are such
 *	cut			an answer that ends in the middle of its JSON
 *	short			one that ends before its Content-Length
 *	huge			9 MiB
 *	slow SECONDS		ok, after that time; "gone" is logged when the client left meanwhile
 *	daily N			ok for N texts in all, then Google's answer for a used up day
 *	minute N SECONDS	N texts in any such time, else Google's answer with RetryInfo
 *	status CODE [HEADER:VALUE] [@FILE]	that, with the body in FILE
 *
 * A line of JSON for each request goes to LOG: path, key, what was asked, which texts, what was done,
 * and how many requests were being answered at that time.
 */

#include <arpa/inet.h>
#include <jansson.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "standin.h"

#define HUGE_BYTES ((size_t)9 << 20)

static const char *script_path;
static FILE *log_file;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned requests, flying;	/* [lock] */
static size_t texts_done;		/* [lock] */
static struct { double at; size_t n; } window[65536];	/* [lock] */
static size_t nwindow;			/* [lock] */

struct exchange {
	struct buf body;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The next line of the script, or its last.  Another file under its name begins everything anew. */
static void
next_line_locked(char *out, size_t n)
{
	static struct stat script;
	FILE *f = fopen(script_path, "r");
	char line[512];
	struct stat st;
	unsigned i;

	if (f != NULL && fstat(fileno(f), &st) == 0 && (st.st_ino != script.st_ino ||
	    st.st_mtim.tv_sec != script.st_mtim.tv_sec || st.st_mtim.tv_nsec != script.st_mtim.tv_nsec)) {
		script = st;
		requests = 0;
		texts_done = nwindow = 0;
	}
	i = requests++;
	snprintf(out, n, "ok");
	for (unsigned at = 0; f != NULL && at <= i && fgets(line, sizeof(line), f) != NULL; at++) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(out, n, "%s", line);
	}
	if (f != NULL)
		fclose(f);
}

/* --- one exchange ------------------------------------------------------------------------------ */

static void
note(const char *path, struct MHD_Connection *c, const struct asked *a, const json_t *body,
    const char *action, unsigned status, unsigned at_once)
{
	const char *key = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "x-goog-api-key");
	const char *auth = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
	json_t *line = json_pack("{s:s, s:s?, s:s?, s:s, s:i, s:i, s:I, s:O, s:O?}", "path", path, "key", key,
	    "auth", auth, "action", action, "status", (int)status, "flying", (int)at_once, "n",
	    (json_int_t)json_array_size(a->texts), "texts", a->texts, "body", body);

	pthread_mutex_lock(&lock);
	json_dumpf(line, log_file, JSON_COMPACT);
	fputc('\n', log_file);
	fflush(log_file);
	pthread_mutex_unlock(&lock);
	json_decref(line);
}

/* Sleep, unless the client goes.  True: it has gone. */
static bool
sleep_unless_gone(struct MHD_Connection *c, double seconds)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct pollfd p = { .fd = info->connect_fd, .events = POLLRDHUP };

	return poll(&p, 1, (int)(seconds * 1000)) == 1;
}

static ssize_t
read_half(void *arg, uint64_t pos, char *p, size_t max)
{
	const char *text = arg;
	size_t half = strlen(text) / 2;

	if (pos >= half)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (max > half - pos)
		max = (size_t)(half - pos);
	memcpy(p, text + pos, max);
	return (ssize_t)max;
}

/* How many texts went through in the last `seconds`? */
static size_t
recent_locked(double seconds)
{
	size_t n = 0;

	for (size_t i = 0; i < nwindow; i++)
		if (window[i].at > now() - seconds)
			n += window[i].n;
	return n;
}

/* What a quota says: the text of a refusal, or NULL. */
static char *
refusal(const char *action, const char *rest, size_t n)
{
	size_t most = strtoul(rest, NULL, 10);
	const char *blank = strchr(rest, ' ');
	double seconds = blank != NULL ? strtod(blank, NULL) : 60;
	char *text = NULL;

	pthread_mutex_lock(&lock);
	if (strcmp(action, "daily") == 0 && texts_done + n > most)
		text = quota_text("EmbedContentRequestsPerDayPerUserPerProjectPerModel-FreeTier", most, -1);
	else if (strcmp(action, "minute") == 0 && recent_locked(seconds) + n > most)
		text = quota_text("EmbedContentRequestsPerMinutePerUserPerProjectPerModel-FreeTier", most,
		    seconds);
	pthread_mutex_unlock(&lock);
	return text;
}

static struct MHD_Response *
respond_file(const char *rest, unsigned *status)
{
	char header[128] = "", file[256] = "", *value, word[256];
	struct MHD_Response *r;
	struct buf b = { 0 };
	int used = 0, at = 0;
	FILE *f;

	*status = (unsigned)strtoul(rest, NULL, 10);
	for (; sscanf(rest + at, "%255s%n", word, &used) == 1; at += used)
		if (word[0] == '@')
			snprintf(file, sizeof(file), "%s", word + 1);
		else if (strchr(word, ':') != NULL)
			snprintf(header, sizeof(header), "%.120s", word);
	if (file[0] != '\0' && (f = fopen(file, "r")) != NULL) {
		char *to = buf_room(&b, 65536);

		buf_used(&b, fread(to, 1, 65536, f));
		fclose(f);
	}
	r = MHD_create_response_from_buffer(b.len, b.p, MHD_RESPMEM_MUST_COPY);
	buf_fini(&b);
	if ((value = strchr(header, ':')) != NULL) {
		*value++ = '\0';
		MHD_add_response_header(r, header, value);
	}
	return r;
}

static struct MHD_Response *
respond_text(const char *action, char *text)
{
	size_t n = strlen(text);

	if (strcmp(action, "short") == 0)
		return MHD_create_response_from_callback(n, 1024, read_half, text, free);
	if (strcmp(action, "cut") == 0)
		n /= 2;
	return MHD_create_response_from_buffer(n, text, MHD_RESPMEM_MUST_FREE);
}

static char *
huge_text(void)
{
	char *text = malloc(HUGE_BYTES + 1);

	memset(text, ' ', HUGE_BYTES);
	text[0] = '{';
	text[HUGE_BYTES] = '\0';
	return text;
}

static void
done_locked(size_t n)
{
	texts_done += n;
	if (nwindow < sizeof(window) / sizeof(window[0])) {
		window[nwindow].at = now();
		window[nwindow++].n = n;
	}
}

/* Carry out one line of the script.  NULL: the client has gone. */
static struct MHD_Response *
act(struct MHD_Connection *c, const struct asked *a, char *line, const char **action, unsigned *status)
{
	char *rest = strchr(line, ' ');
	size_t n = json_array_size(a->texts);
	char *text;

	if (rest != NULL)
		*rest++ = '\0';
	else
		rest = line + strlen(line);
	*status = 200;
	*action = line;
	if (strcmp(line, "status") == 0)
		return respond_file(rest, status);
	if (strcmp(line, "slow") == 0 && sleep_unless_gone(c, strtod(rest, NULL))) {
		*action = "gone";
		return NULL;
	}
	if ((text = refusal(line, rest, n)) != NULL) {
		*status = 429;
		return respond_text("ok", text);
	}
	if (strcmp(line, "huge") == 0)
		return respond_text("ok", huge_text());
	pthread_mutex_lock(&lock);
	done_locked(n);
	pthread_mutex_unlock(&lock);
	return respond_text(line, answer_text(a, line, strtoul(rest, NULL, 10)));
}

static enum MHD_Result
answer(struct MHD_Connection *c, const char *path, const struct buf *body)
{
	json_t *root = json_loadb(body->p != NULL ? body->p : "", body->len, 0, NULL);
	struct MHD_Response *r;
	enum MHD_Result rc = MHD_NO;
	struct asked a = { 0 };
	const char *action;
	unsigned status, at_once;
	char line[512];

	asked_init(&a, path, root);
	pthread_mutex_lock(&lock);
	next_line_locked(line, sizeof(line));
	at_once = ++flying;
	pthread_mutex_unlock(&lock);
	r = act(c, &a, line, &action, &status);
	note(path, c, &a, root, action, status, at_once);
	pthread_mutex_lock(&lock);
	flying--;
	pthread_mutex_unlock(&lock);
	if (r != NULL) {
		rc = MHD_queue_response(c, status, r);
		MHD_destroy_response(r);
	}
	json_decref(a.texts);
	json_decref(root);
	return rc;
}

static enum MHD_Result
handle(void *arg, struct MHD_Connection *c, const char *path, const char *method, const char *version,
    const char *data, size_t *n, void **state)
{
	struct exchange *x = *state;

	(void)arg;
	(void)method;
	(void)version;
	if (x == NULL) {
		*state = calloc(1, sizeof(*x));
		return MHD_YES;
	}
	if (*n > 0) {
		buf_put(&x->body, data, *n);
		*n = 0;
		return MHD_YES;
	}
	return answer(c, path, &x->body);
}

static void
completed(void *arg, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code)
{
	struct exchange *x = *state;

	(void)arg;
	(void)c;
	(void)code;
	if (x != NULL)
		buf_fini(&x->body);
	free(x);
}

/* --- life -------------------------------------------------------------------------------------- */

static char *
read_text(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 65536);

	if (f == NULL || text == NULL || fread(text, 1, 65535, f) == 0)
		exit(1);
	fclose(f);
	return text;
}

static struct MHD_Daemon *
start(char **tls)
{
	unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
	    MHD_USE_POLL | (tls[0] != NULL ? MHD_USE_TLS : 0);
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char *certificate = tls[0] != NULL ? read_text(tls[0]) : NULL;
	char *key = tls[0] != NULL ? read_text(tls[1]) : NULL;
	struct MHD_OptionItem options[] = { { MHD_OPTION_HTTPS_MEM_CERT, 0, certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, key }, { MHD_OPTION_END, 0, NULL } };
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	struct MHD_Daemon *d = MHD_start_daemon(flags, 0, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR,
	    &here, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_ARRAY,
	    tls[0] != NULL ? options : none, MHD_OPTION_END);

	free(certificate);
	free(key);
	return d;
}

int
main(int argc, char **argv)
{
	char *none[] = { NULL, NULL };
	struct MHD_Daemon *d;
	sigset_t stop;
	FILE *f;
	int sig;

	if (argc != 4 && argc != 6) {
		fprintf(stderr, "usage: standin PORT_FILE SCRIPT LOG [CERTIFICATE KEY]\n");
		return 2;
	}
	script_path = argv[2];
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	if ((log_file = fopen(argv[3], "a")) == NULL || (d = start(argc == 6 ? argv + 4 : none)) == NULL ||
	    (f = fopen(argv[1], "w")) == NULL)
		return 1;
	fprintf(f, "%u\n", MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
	fclose(f);
	sigwait(&stop, &sig);
	MHD_stop_daemon(d);
	fclose(log_file);
	return 0;
}
