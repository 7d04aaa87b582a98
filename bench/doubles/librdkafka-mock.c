/* librdkafka's mock cluster as a program of its own, for `npm run bench -- doubles`: a broker that nobody of kbench wrote.
 * Prints one line of JSON with its bootstrap address, then obeys lines on standard input:
 *   fault CODE COUNT             the next COUNT Produce requests are answered with this error; -195 breaks the connection instead
 *   move TOPIC PARTITION BROKER  the partition's leader
 *   count TOPIC PARTITIONS N     reads the topic back with librdkafka's consumer; values begin with their number, 0 to N - 1
 * Ends with standard input. Usage: librdkafka-mock BROKERS PARTITIONS TOPIC... */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ERRORS 1000
#define POLL_MS 200
/* As long as nothing comes: the mock always answers at once. */
#define SILENCE_MS 20000

static void die(const char *what, const char *why) {
        fprintf(stderr, "librdkafka-mock: %s: %s\n", what, why);
        exit(1);
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *bootstrap) {
        char why[512];
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        rd_kafka_t *rk;
        if (bootstrap != NULL) {
                const char *settings[][2] = {{"bootstrap.servers", bootstrap},
                                             {"group.id", "count"},
                                             {"enable.partition.eof", "true"},
                                             {"auto.offset.reset", "earliest"}};
                size_t i;
                for (i = 0; i < sizeof settings / sizeof *settings; i++)
                        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why) != RD_KAFKA_CONF_OK)
                                die(settings[i][0], why);
        }
        rk = rd_kafka_new(type, conf, why, sizeof why);
        if (rk == NULL) die("rd_kafka_new", why);
        return rk;
}

static void count(const char *bootstrap, const char *topic, int partitions, int64_t records) {
        rd_kafka_t *rk = client(RD_KAFKA_CONSUMER, bootstrap);
        rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(partitions);
        unsigned char *seen = calloc(records > 0 ? (size_t)records : 1, 1);
        int64_t *last = malloc(sizeof *last * (size_t)partitions);
        int64_t stored = 0, distinct = 0, reordered = 0, strangers = 0;
        int ended = 0, silent_ms = 0, p;
        if (seen == NULL || last == NULL) die("count", "out of memory");
        for (p = 0; p < partitions; p++) {
                last[p] = -1;
                rd_kafka_topic_partition_list_add(all, topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
        }
        rd_kafka_poll_set_consumer(rk);
        if (rd_kafka_assign(rk, all) != RD_KAFKA_RESP_ERR_NO_ERROR) die("assign", topic);
        while (ended < partitions && silent_ms < SILENCE_MS) {
                rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, POLL_MS);
                if (message == NULL) {
                        silent_ms += POLL_MS;
                        continue;
                }
                silent_ms = 0;
                if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
                        ended++;
                else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                        char digits[24] = {0};
                        size_t length = message->len < sizeof digits - 1 ? message->len : sizeof digits - 1;
                        int64_t number;
                        memcpy(digits, message->payload, length);
                        number = strtoll(digits, NULL, 10);
                        stored++;
                        if (number < 0 || number >= records)
                                strangers++;
                        else {
                                if (!seen[number]) distinct++;
                                seen[number] = 1;
                                if (number <= last[message->partition]) reordered++;
                                last[message->partition] = number;
                        }
                }
                rd_kafka_message_destroy(message);
        }
        printf("{\"stored\":%" PRId64 ",\"distinct\":%" PRId64 ",\"reordered\":%" PRId64 ",\"strangers\":%" PRId64
               ",\"complete\":%s}\n",
               stored, distinct, reordered, strangers, ended == partitions ? "true" : "false");
        fflush(stdout);
        rd_kafka_consumer_close(rk);
        rd_kafka_topic_partition_list_destroy(all);
        rd_kafka_destroy(rk);
        free(seen);
        free(last);
}

int main(int argc, char **argv) {
        rd_kafka_t *rk;
        rd_kafka_mock_cluster_t *cluster;
        rd_kafka_resp_err_t errors[MOST_ERRORS];
        char line[1024], topic[256];
        int i, partition, broker, code, times, partitions;
        int64_t records;
        if (argc < 4) die("usage", "librdkafka-mock BROKERS PARTITIONS TOPIC...");
        rk = client(RD_KAFKA_PRODUCER, NULL);
        cluster = rd_kafka_mock_cluster_new(rk, atoi(argv[1]));
        if (cluster == NULL) die("rd_kafka_mock_cluster_new", "failed");
        for (i = 3; i < argc; i++)
                if (rd_kafka_mock_topic_create(cluster, argv[i], atoi(argv[2]), 1) != RD_KAFKA_RESP_ERR_NO_ERROR)
                        die("rd_kafka_mock_topic_create", argv[i]);
        printf("{\"bootstrap\":\"%s\",\"version\":\"%s\"}\n", rd_kafka_mock_cluster_bootstraps(cluster),
               rd_kafka_version_str());
        fflush(stdout);
        while (fgets(line, sizeof line, stdin) != NULL) {
                if (sscanf(line, "fault %d %d", &code, &times) == 2 && times > 0 && times <= MOST_ERRORS) {
                        for (i = 0; i < times; i++) errors[i] = (rd_kafka_resp_err_t)code;
                        rd_kafka_mock_push_request_errors_array(cluster, 0, (size_t)times, errors);
                } else if (sscanf(line, "move %255s %d %d", topic, &partition, &broker) == 3)
                        rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker);
                else if (sscanf(line, "count %255s %d %" SCNd64, topic, &partitions, &records) == 3)
                        count(rd_kafka_mock_cluster_bootstraps(cluster), topic, partitions, records);
                else
                        die("not understood", line);
        }
        rd_kafka_mock_cluster_destroy(cluster);
        rd_kafka_destroy(rk);
        return 0;
}
