/* The driver of librdkafka: docs/drivers.md has the contract, README.md beside what it means here.
 * One thread sends, one serves delivery reports and tells, one reads kbench's lines. kbench builds
 * it on demand: cc -O2 driver.c $(pkg-config --cflags --libs rdkafka) -lpthread */
#define _GNU_SOURCE
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000LL + t.tv_nsec;
}
static void sleep_ns(int64_t ns) {
  struct timespec t = {ns / 1000000000LL, ns % 1000000000LL};
  if (ns > 0) nanosleep(&t, NULL);
}

/* ---- text that grows, and lines to kbench ---- */

typedef struct { char *at; size_t length, room; } text;

static void room(text *t, size_t more) {
  if (t->length + more + 1 <= t->room) return;
  t->room = (t->length + more + 1) * 2;
  t->at = realloc(t->at, t->room);
  if (!t->at) exit(1);
}
static void add(text *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int length = vsnprintf(NULL, 0, format, args);
  va_end(args);
  room(t, length);
  va_start(args, format);
  vsnprintf(t->at + t->length, length + 1, format, args);
  va_end(args);
  t->length += length;
}
static void add_string(text *t, const char *s) {
  add(t, "\"");
  for (; *s; s++) {
    if (*s == '"' || *s == '\\') add(t, "\\%c", *s);
    else if ((unsigned char)*s < 32) add(t, " ");
    else add(t, "%c", *s);
  }
  add(t, "\"");
}

static pthread_mutex_t saying = PTHREAD_MUTEX_INITIALIZER;
static void say(text *line) {
  add(line, "\n");
  pthread_mutex_lock(&saying);
  fwrite(line->at, 1, line->length, stdout);
  fflush(stdout);
  pthread_mutex_unlock(&saying);
  free(line->at);
}
static void give_up(const char *what) {
  text line = {0};
  add(&line, "{\"type\":\"fatal\",\"message\":");
  add_string(&line, what);
  add(&line, "}");
  say(&line);
  _exit(1);
}

/* ---- JSON: as much of it as kbench writes ---- */

typedef struct json {
  char kind; /* n s d b o a */
  char *name, *string;
  double number;
  struct json *first, *next;
} json;

static const char *at;
static void blank(void) { while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') at++; }

static char *parse_string(void) {
  text t = {0};
  room(&t, 1);
  for (at++; *at && *at != '"'; at++) {
    if (*at != '\\') { add(&t, "%c", *at); continue; }
    at++;
    if (*at == 'u') {
      unsigned code = 0;
      sscanf(at + 1, "%4x", &code);
      at += 4;
      if (code < 0x80) add(&t, "%c", code);
      else if (code < 0x800) add(&t, "%c%c", 0xc0 | code >> 6, 0x80 | (code & 63));
      else add(&t, "%c%c%c", 0xe0 | code >> 12, 0x80 | (code >> 6 & 63), 0x80 | (code & 63));
    } else add(&t, "%c", *at == 'n' ? '\n' : *at == 't' ? '\t' : *at == 'r' ? '\r' : *at);
  }
  if (*at) at++;
  t.at[t.length] = 0;
  return t.at;
}

static json *parse(void) {
  json *value = calloc(1, sizeof *value);
  blank();
  if (*at == '{' || *at == '[') {
    char close = *at == '{' ? '}' : ']';
    value->kind = *at == '{' ? 'o' : 'a';
    json **last = &value->first;
    for (at++, blank(); *at && *at != close; blank()) {
      char *name = NULL;
      if (value->kind == 'o') { name = parse_string(); blank(); if (*at == ':') at++; }
      json *inner = parse();
      inner->name = name;
      *last = inner;
      last = &inner->next;
      blank();
      if (*at == ',') { at++; blank(); }
    }
    if (*at) at++;
  } else if (*at == '"') { value->kind = 's'; value->string = parse_string(); }
  else if (!strncmp(at, "true", 4)) { value->kind = 'b'; value->number = 1; at += 4; }
  else if (!strncmp(at, "false", 5)) { value->kind = 'b'; at += 5; }
  else if (!strncmp(at, "null", 4)) { value->kind = 'n'; at += 4; }
  else {
    char *end;
    value->kind = 'd';
    value->number = strtod(at, &end);
    at = end > at ? end : at + 1;
  }
  return value;
}
static json *get(json *of, const char *name) {
  for (json *each = of ? of->first : NULL; each; each = each->next)
    if (each->name && !strcmp(each->name, name)) return each;
  return NULL;
}
static int has(json *value) { return value && value->kind != 'n'; }
static double number(json *of, const char *name, double preset) {
  json *value = get(of, name);
  return has(value) ? value->number : preset;
}

/* ---- kbench's lines ---- */

static volatile int stopped;
static char *lines[16];
static int line_count, line_read;
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;

static void *read_lines(void *none) {
  char *line = NULL;
  size_t size = 0;
  while (getline(&line, &size, stdin) > 0) {
    pthread_mutex_lock(&reading);
    if (line_count < 16) lines[line_count++] = strdup(line);
    pthread_cond_signal(&arrived);
    pthread_mutex_unlock(&reading);
  }
  pthread_mutex_lock(&reading);
  stopped = 1;
  pthread_cond_signal(&arrived);
  pthread_mutex_unlock(&reading);
  return none;
}
/* NULL once kbench has hung up. */
static json *hear(void) {
  pthread_mutex_lock(&reading);
  while (line_read == line_count && !stopped) pthread_cond_wait(&arrived, &reading);
  at = line_read < line_count ? lines[line_read++] : NULL;
  pthread_mutex_unlock(&reading);
  return at ? parse() : NULL;
}

/* ---- HdrHistogram: whole microseconds up to an hour, three digits; V2 ---- */

#define HIGHEST 3600000000ULL
#define SLOTS (24 * 1024)
typedef struct { uint64_t counts[SLOTS], count, min, max; } histogram;

static int slot_of(uint64_t value) {
  int bucket = 53 - __builtin_clzll(value | 2047);
  return ((bucket + 1) << 10) + (int)(value >> bucket) - 1024;
}
static void record(histogram *h, int64_t ns) {
  uint64_t value = ns > 0 ? (uint64_t)(ns + 500) / 1000 : 0;
  if (value > HIGHEST) value = HIGHEST;
  h->counts[slot_of(value)]++;
  if (!h->count++ || value < h->min) h->min = value;
  if (value > h->max) h->max = value;
}
static unsigned char *put(unsigned char *to, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; i--) *to++ = (unsigned char)(value >> 8 * i);
  return to;
}
/* zlib's format takes blocks that are stored as they are, so no library is needed. */
static size_t zlib_stored(const unsigned char *from, size_t length, unsigned char *to) {
  unsigned char *out = to;
  uint32_t a = 1, b = 0;
  *out++ = 0x78;
  *out++ = 0x01;
  for (size_t done = 0; done < length;) {
    size_t block = length - done > 65535 ? 65535 : length - done;
    *out++ = done + block == length;
    *out++ = block & 255, *out++ = block >> 8, *out++ = ~block & 255, *out++ = ~block >> 8 & 255;
    memcpy(out, from + done, block);
    for (size_t i = 0; i < block; i++) { a = (a + out[i]) % 65521; b = (b + a) % 65521; }
    out += block;
    done += block;
  }
  return put(out, b << 16 | a, 4) - to;
}
static void add_base64(text *t, const unsigned char *bytes, size_t length) {
  static const char of[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  room(t, (length + 2) / 3 * 4);
  char *to = t->at + t->length;
  for (size_t i = 0; i < length; i += 3) {
    uint32_t three = bytes[i] << 16;
    if (i + 1 < length) three |= bytes[i + 1] << 8;
    if (i + 2 < length) three |= bytes[i + 2];
    *to++ = of[three >> 18];
    *to++ = of[three >> 12 & 63];
    *to++ = i + 1 < length ? of[three >> 6 & 63] : '=';
    *to++ = i + 2 < length ? of[three & 63] : '=';
  }
  t->length = to - t->at;
}
static void add_histogram(text *t, const char *name, const histogram *h) {
  static unsigned char raw[SLOTS * 9 + 40], zipped[SLOTS * 9 + 1000];
  add(t, "\"%s\":", name);
  if (!h->count) { add(t, "null"); return; }
  unsigned char *to = raw + 40;
  int last = slot_of(h->max);
  for (int slot = 0; slot <= last;) {
    int64_t word = h->counts[slot];
    if (word) slot++;
    else for (; slot <= last && !h->counts[slot]; slot++) word--;
    uint64_t zigzag = (uint64_t)word << 1 ^ (uint64_t)(word >> 63);
    for (; zigzag > 127; zigzag >>= 7) *to++ = (zigzag & 127) | 128;
    *to++ = zigzag;
  }
  size_t length = to - raw;
  unsigned char *head = put(put(put(put(raw, 0x1c849313, 4), length - 40, 4), 0, 4), 3, 4);
  put(put(put(head, 1, 8), HIGHEST, 8), 0x3ff0000000000000ULL, 8);
  size_t size = zlib_stored(raw, length, zipped + 8);
  put(put(zipped, 0x1c849314, 4), size, 4);
  add(t, "{\"encoded\":\"");
  add_base64(t, zipped, size + 8);
  add(t, "\",\"count\":%llu,\"minMicros\":%llu,\"maxMicros\":%llu}", (unsigned long long)h->count,
      (unsigned long long)h->min, (unsigned long long)h->max);
}

/* ---- records ---- */

typedef struct { char **bytes; int32_t *lengths; long count; } records;

static records read_records(const char *file) {
  records all = {0};
  FILE *in = fopen(file, "rb");
  if (!in) give_up("cannot read kbench's file of records");
  unsigned char head[4];
  while (fread(head, 1, 4, in) == 4) {
    if (!(all.count & (all.count - 1))) {
      size_t more = all.count ? all.count * 2 : 1;
      all.bytes = realloc(all.bytes, more * sizeof *all.bytes);
      all.lengths = realloc(all.lengths, more * sizeof *all.lengths);
    }
    int32_t length = (int32_t)((uint32_t)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3]);
    char *bytes = length < 0 ? NULL : malloc(length + 1);
    if (length > 0 && fread(bytes, 1, length, in) != (size_t)length)
      give_up("a record is cut short");
    all.bytes[all.count] = bytes;
    all.lengths[all.count++] = length;
  }
  fclose(in);
  return all;
}

static uint32_t crc_table[256];
static void make_crc(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
    crc_table[i] = c;
  }
}
static uint32_t crc_of(uint32_t c, const unsigned char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) c = crc_table[(c ^ bytes[i]) & 255] ^ c >> 8;
  return c;
}

/* ---- the run ---- */

#define FLYING (1 << 21) /* more than the queue holds */
static rd_kafka_t *rk;
static rd_kafka_topic_t *rkt;
static records values, keys;
static int keyed, audited, open_loop;
static uint32_t audit_run;
static int worker;
static unsigned char *outcomes;
static uint64_t sequence, outcome_room;
static uint64_t phase_first; /* sequence of the phase's first record */
static double first_ms, gap_ms;
static int64_t interval_ns;

static pthread_mutex_t telling = PTHREAD_MUTEX_INITIALIZER;
static int64_t *sent_at;
static int64_t start_ns, first_ack, last_ack, last_sent, ended, waiting_since, blocked_ns;
static uint64_t sent, acked, failed, value_bytes, sent0, acked0, failed0, interval_index;
static histogram response, service, delay_of, interval;
static double silences[1000][2];
static int silence_count, measuring, phase_over;
typedef struct { char name[64], message[160]; uint64_t count, in_interval; } cause;
static cause causes[32];
static int cause_count;

static int64_t due_ns(uint64_t index) {
  return start_ns + (int64_t)((first_ms + index * gap_ms) * 1e6);
}

static void silent(int64_t from, int64_t to) {
  if (to - from < 100000000LL || silence_count == 1000) return;
  silences[silence_count][0] = (from - start_ns) / 1e6;
  silences[silence_count++][1] = (to - from) / 1e6;
}
static void fail(rd_kafka_resp_err_t err) {
  const char *name = rd_kafka_err2name(err);
  int i = 0;
  while (i < cause_count && strcmp(causes[i].name, name)) i++;
  if (i == 32) i = 31;
  if (i == cause_count) {
    cause_count++;
    snprintf(causes[i].name, sizeof causes[i].name, "%s", name);
    snprintf(causes[i].message, sizeof causes[i].message, "%s", rd_kafka_err2str(err));
  }
  causes[i].count++;
  causes[i].in_interval++;
  failed++;
}

static void add_counts(text *line, uint64_t of_sent, uint64_t of_acked, uint64_t of_failed) {
  add(line, "\"sent\":%llu,\"acked\":%llu,\"failed\":%llu", (unsigned long long)of_sent,
      (unsigned long long)of_acked, (unsigned long long)of_failed);
}
static void end_interval(int64_t length_ns) {
  if (measuring) {
    text line = {0};
    add(&line, "{\"type\":\"interval\",\"index\":%llu,\"durationMs\":%.3f,",
        (unsigned long long)interval_index, length_ns / 1e6);
    add_counts(&line, sent - sent0, acked - acked0, failed - failed0);
    add(&line, ",\"errors\":{");
    int told = 0;
    for (int i = 0; i < cause_count; i++) {
      if (!causes[i].in_interval) continue;
      if (told++) add(&line, ",");
      add_string(&line, causes[i].name);
      add(&line, ":%llu", (unsigned long long)causes[i].in_interval);
      causes[i].in_interval = 0;
    }
    add(&line, "},");
    add_histogram(&line, "histogram", &interval);
    add(&line, "}");
    say(&line);
  }
  memset(&interval, 0, sizeof interval);
  sent0 = sent, acked0 = acked, failed0 = failed;
  interval_index++;
}
static void end_intervals(int64_t now) {
  while (now >= start_ns + (int64_t)(interval_index + 1) * interval_ns) end_interval(interval_ns);
}

static void delivered(rd_kafka_t *k, const rd_kafka_message_t *m, void *none) {
  (void)k, (void)none;
  uint64_t index = (uint64_t)(intptr_t)m->_private - 1;
  int64_t now = now_ns();
  pthread_mutex_lock(&telling);
  if (audited) {
    rd_kafka_msg_status_t status = rd_kafka_message_status(m);
    int refused = status == RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
    outcomes[phase_first + index] = !m->err ? 1 : refused ? 2 : 3;
  }
  if (m->err) fail(m->err);
  else {
    end_intervals(now);
    int64_t sent_ns = sent_at[index % FLYING];
    record(&service, now - sent_ns);
    if (open_loop) {
      int64_t due = due_ns(index);
      record(&response, now - due);
      record(&interval, now - due);
      record(&delay_of, sent_ns - due);
    } else record(&interval, now - sent_ns);
    acked++;
    value_bytes += m->len;
    if (!first_ack) first_ack = now;
    if (waiting_since) silent(last_ack > waiting_since ? last_ack : waiting_since, now);
    last_ack = now;
    waiting_since = sent > acked + failed ? now : 0;
  }
  pthread_mutex_unlock(&telling);
}

static volatile int running = 1;
static void *serve(void *none) {
  int64_t told = 0;
  while (running) {
    rd_kafka_poll(rk, 20);
    int64_t now = now_ns();
    if (phase_over || now - told < 250000000LL) continue;
    told = now;
    text line = {0};
    pthread_mutex_lock(&telling);
    if (phase_over) { /* since it was looked at: what comes after the end of a phase is rubbish */
      pthread_mutex_unlock(&telling);
      continue;
    }
    if (now > start_ns) end_intervals(now);
    add(&line, "{\"type\":\"progress\",");
    add_counts(&line, sent, acked, failed);
    add(&line, "}");
    say(&line);
    pthread_mutex_unlock(&telling);
  }
  return none;
}

static void send_record(uint64_t index) {
  static unsigned char *copy;
  static size_t copy_room;
  long v = index % values.count;
  char *value = values.bytes[v];
  size_t length = values.lengths[v] < 0 ? 0 : values.lengths[v];
  char *key = NULL;
  size_t key_length = 0;
  if (keyed) {
    long k = index % keys.count;
    key = keys.bytes[k];
    key_length = keys.lengths[k] < 0 ? 0 : keys.lengths[k];
  }
  if (audited) {
    if (copy_room < length) copy = realloc(copy, copy_room = length * 2);
    memcpy(copy, value, length);
    put(put(put(copy, audit_run, 4), worker, 2), sequence, 6);
    uint32_t check = ~crc_of(crc_of(0xffffffffu, copy + 16, length - 16), copy, 12);
    put(copy + 12, check, 4);
    value = (char *)copy;
    pthread_mutex_lock(&telling);
    if (sequence == outcome_room) {
      outcomes = realloc(outcomes, outcome_room ? outcome_room * 2 : 65536);
      memset(outcomes + outcome_room, 0, outcome_room ? outcome_room : 65536);
      outcome_room = outcome_room ? outcome_room * 2 : 65536;
    }
    sequence++;
    pthread_mutex_unlock(&telling);
  }
  int64_t now = now_ns();
  pthread_mutex_lock(&telling);
  sent_at[index % FLYING] = now;
  sent++;
  last_sent = now;
  if (!waiting_since) waiting_since = now;
  pthread_mutex_unlock(&telling);
  while (rd_kafka_produce(rkt, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value, length, key,
                          key_length, (void *)(intptr_t)(index + 1)) == -1) {
    rd_kafka_resp_err_t err = rd_kafka_last_error();
    if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL && !stopped) { sleep_ns(50000); continue; }
    pthread_mutex_lock(&telling);
    fail(err);
    if (audited) outcomes[phase_first + index] = 2;
    pthread_mutex_unlock(&telling);
    break;
  }
  int64_t took = now_ns() - now;
  if (took > 1000000) blocked_ns += took;
}

static void begin(int64_t start, int is_measured) {
  pthread_mutex_lock(&telling);
  start_ns = start;
  measuring = is_measured;
  phase_first = sequence;
  first_ack = last_ack = last_sent = ended = waiting_since = blocked_ns = 0;
  sent = acked = failed = value_bytes = sent0 = acked0 = failed0 = interval_index = 0;
  memset(&response, 0, sizeof response), memset(&service, 0, sizeof service);
  memset(&delay_of, 0, sizeof delay_of), memset(&interval, 0, sizeof interval);
  silence_count = cause_count = phase_over = 0;
  memset(causes, 0, sizeof causes);
  pthread_mutex_unlock(&telling);
}

static void phase(json *of) {
  double most = number(of, "records", 9e15);
  double limit_ms = number(of, "durationMs", number(of, "giveUpMs", 9e12));
  int64_t end_ns = start_ns + (int64_t)(limit_ms * 1e6);
  while (now_ns() < start_ns) sleep_ns(start_ns - now_ns());
  uint64_t index = 0;
  while (index < most && !stopped) {
    int64_t now = now_ns();
    if (now >= end_ns) break;
    uint64_t due = index + 64;
    if (open_loop) {
      double since = (now - start_ns) / 1e6 - first_ms;
      due = since < 0 ? 0 : (uint64_t)(since / gap_ms) + 1;
    }
    for (; index < due && index < most && !stopped; index++) send_record(index);
    if (open_loop && index < most) {
      int64_t wait = due_ns(index) - now_ns();
      sleep_ns(wait < 50000 ? 50000 : wait > 50000000 ? 50000000 : wait);
    }
  }
  ended = now_ns();
  int64_t give_up_at = 0;
  while (rd_kafka_flush(rk, 100) == RD_KAFKA_RESP_ERR__TIMED_OUT) {
    if (stopped && !give_up_at) give_up_at = now_ns() + 3000000000LL;
    if (give_up_at && now_ns() > give_up_at) break;
  }
  for (;;) { /* the last reports are being served */
    pthread_mutex_lock(&telling);
    int over = sent == acked + failed;
    pthread_mutex_unlock(&telling);
    if (over || (give_up_at && now_ns() > give_up_at)) break;
    sleep_ns(1000000);
  }
  pthread_mutex_lock(&telling);
  phase_over = 1;
  pthread_mutex_unlock(&telling);
}

static void add_at(text *line, const char *name, int64_t ns) {
  if (ns) add(line, "\"%s\":%.4f,", name, (ns - start_ns) / 1e6);
  else add(line, "\"%s\":null,", name);
}
static void tell_result(void) {
  text line = {0};
  pthread_mutex_lock(&telling);
  int64_t now = now_ns();
  end_intervals(now);
  if (now > start_ns + (int64_t)interval_index * interval_ns)
    end_interval(now - start_ns - (int64_t)interval_index * interval_ns);
  add(&line, "{\"type\":\"result\",");
  add_counts(&line, sent, acked, failed);
  add(&line, ",\"valueBytes\":%llu,", (unsigned long long)value_bytes);
  add_at(&line, "firstAckMs", first_ack);
  add_at(&line, "lastAckMs", last_ack);
  add_at(&line, "lastSentMs", last_sent);
  add(&line, "\"endedMs\":%.4f,\"blockedMs\":%.4f,", (ended - start_ns) / 1e6, blocked_ns / 1e6);
  add(&line, "\"histograms\":{");
  add_histogram(&line, "response", &response);
  add(&line, ",");
  add_histogram(&line, "service", &service);
  add(&line, ",");
  add_histogram(&line, "delay", &delay_of);
  add(&line, "},\"errors\":[");
  for (int i = 0; i < cause_count; i++) {
    add(&line, i ? ",{\"name\":" : "{\"name\":");
    add_string(&line, causes[i].name);
    add(&line, ",\"message\":");
    add_string(&line, causes[i].message);
    add(&line, ",\"records\":%llu}", (unsigned long long)causes[i].count);
  }
  add(&line, "],\"silences\":[");
  for (int i = 0; i < silence_count; i++)
    add(&line, "%s[%.3f,%.3f]", i ? "," : "", silences[i][0], silences[i][1]);
  add(&line, "]}");
  pthread_mutex_unlock(&telling);
  say(&line);
}

/* ---- settings: Java's names, and what librdkafka calls them ---- */

static const char *name_of(const char *java) {
  if (!strcmp(java, "compression.type")) return "compression.codec";
  if (!strcmp(java, "max.request.size")) return "message.max.bytes";
  if (!strcmp(java, "delivery.timeout.ms")) return "message.timeout.ms";
  return java;
}
static void configure(rd_kafka_conf_t *conf, json *settings, text *without) {
  char error[512], value[64];
  double batch = number(settings, "batch.size", 16384);
  double largest = number(settings, "max.request.size", 1048576);
  for (json *each = settings->first; each; each = each->next) {
    const char *name = name_of(each->name), *given = each->kind == 's' ? each->string : value;
    double n = each->number;
    if (!strcmp(each->name, "buffer.memory")) {
      name = "queue.buffering.max.kbytes";
      n = n / 1024 < 1 ? 1 : (int64_t)(n / 1024);
    }
    if (!strcmp(each->name, "max.request.size")) n = batch > largest ? batch : largest;
    if (!strcmp(each->name, "batch.size") && n < 1) n = 1;
    if (each->kind == 'b') given = n ? "true" : "false";
    else if (each->kind == 'd') snprintf(value, sizeof value, n == (int64_t)n ? "%.0f" : "%g", n);
    if (!strcmp(each->name, "acks") && !strcmp(given, "all")) given = "-1";
    rd_kafka_conf_res_t done = rd_kafka_conf_set(conf, name, given, error, sizeof error);
    if (done == RD_KAFKA_CONF_INVALID) give_up(error);
    if (done == RD_KAFKA_CONF_OK) continue;
    add(without, without->length ? ",{\"name\":" : "{\"name\":");
    add_string(without, each->name);
    add(without, ",\"why\":");
    add_string(without, !strcmp(each->name, "max.block.ms")
        ? "librdkafka blocks nobody: the driver waits while its queue is full"
        : "librdkafka has no such setting");
    add(without, "}");
  }
}
static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char error[512];
  if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) give_up(error);
}

int main(void) {
  prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0); /* as kbench's own pacing: sleeps of both end alike */
  pthread_t reader, server;
  pthread_create(&reader, NULL, read_lines, NULL);
  json *spec = hear();
  if (!spec) return 0;
  make_crc();
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  text without = {0}, addresses = {0};
  room(&without, 1);
  without.at[0] = 0;
  for (json *each = get(spec, "bootstrap")->first; each; each = each->next)
    add(&addresses, addresses.length ? ",%s" : "%s", each->string);
  set(conf, "bootstrap.servers", addresses.at);
  /* batch.size alone is to rule, and memory what the queue holds, as with Java's. */
  set(conf, "batch.num.messages", "1000000");
  set(conf, "queue.buffering.max.messages", "2000000");
  set(conf, "log_level", "3");
  configure(conf, get(spec, "settings"), &without);
  rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  text hello = {0};
  add(&hello, "{\"type\":\"hello\",\"protocol\":1,\"name\":\"librdkafka\",\"version\":");
  add_string(&hello, rd_kafka_version_str());
  add(&hello, ",\"notHonoured\":[%s]}", without.at);
  say(&hello);
  char error[512];
  rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (!rk) give_up(error);
  rkt = rd_kafka_topic_new(rk, get(spec, "topic")->string, NULL);
  const struct rd_kafka_metadata *metadata;
  int patience_ms = (int)number(get(spec, "settings"), "max.block.ms", 60000);
  rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, rkt, &metadata, patience_ms);
  if (err) give_up(rd_kafka_err2str(err));
  rd_kafka_metadata_destroy(metadata);
  values = read_records(get(spec, "values")->string);
  keyed = has(get(spec, "keys"));
  if (keyed) keys = read_records(get(spec, "keys")->string);
  json *audit = get(spec, "audit"), *due = get(spec, "due");
  audited = has(audit);
  audit_run = audited ? (uint32_t)number(audit, "run", 0) : 0;
  worker = (int)number(spec, "worker", 0);
  open_loop = has(due);
  first_ms = number(due, "firstMs", 0), gap_ms = number(due, "gapMs", 1);
  interval_ns = (int64_t)number(spec, "intervalMs", 1000) * 1000000;
  sent_at = calloc(FLYING, sizeof *sent_at);
  phase_over = 1;
  pthread_create(&server, NULL, serve, NULL);
  text ready = {0};
  add(&ready, "{\"type\":\"ready\",\"nowNs\":\"%lld\"}", (long long)now_ns());
  say(&ready);
  json *warmup = get(spec, "warmup");
  if (has(warmup)) {
    json *start = hear();
    if (!start) return 0;
    begin(atoll(get(start, "atNs")->string), 0);
    phase(warmup);
    text done = {0};
    add(&done, "{\"type\":\"done\",\"phase\":\"warmup\",\"sent\":%llu}", (unsigned long long)sent);
    say(&done);
  }
  json *start = hear();
  if (!start) return 0;
  begin(atoll(get(start, "atNs")->string), 1);
  phase(get(spec, "measured"));
  if (audited) {
    FILE *out = fopen(get(audit, "outcomes")->string, "wb");
    if (!out || fwrite(outcomes, 1, sequence, out) != sequence || fclose(out))
      give_up("cannot write the outcomes");
  }
  tell_result();
  /* kbench looks at this process's CPU and memory once more before it hangs up. */
  while (hear());
  running = 0;
  fflush(stdout);
  _exit(0);
}
