// franz-go's fake cluster as a program of its own, for `npm run bench -- doubles`: a broker that nobody of kbench wrote.
// Prints one line of JSON with its bootstrap addresses, then obeys lines on standard input, as librdkafka-mock.c does:
//
//	fault CODE COUNT             the next COUNT Produce requests are answered with this error; -195 breaks the connection instead
//	move TOPIC PARTITION BROKER  the partition's leader, the brokers counted from 1
//	count TOPIC PARTITIONS N     reads the topic back with franz-go's consumer; values begin with their number, 0 to N - 1
//
// Ends with standard input. Usage: kfake BROKERS PARTITIONS TOPIC...
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	produceKey   = 0
	disconnect   = -195
	silenceLimit = 20 * time.Second
)

func die(what string, why any) {
	fmt.Fprintf(os.Stderr, "kfake: %s: %v\n", what, why)
	os.Exit(1)
}

func must(err error, what string) {
	if err != nil {
		die(what, err)
	}
}

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	must(err, "not a number")
	return value
}

func print(value any) {
	line, err := json.Marshal(value)
	must(err, "json")
	fmt.Println(string(line))
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if strings.HasSuffix(module.Path, "/kfake") {
				return module.Version
			}
		}
	}
	return "unknown"
}

type counted struct {
	Stored    int64 `json:"stored"`
	Distinct  int64 `json:"distinct"`
	Reordered int64 `json:"reordered"`
	Strangers int64 `json:"strangers"`
	Complete  bool  `json:"complete"`
}

// count reads each partition up to the offset at which it ended when it began.
func count(bootstrap []string, topic string, partitions int32, records int64) counted {
	offsets := map[int32]kgo.Offset{}
	for p := int32(0); p < partitions; p++ {
		offsets[p] = kgo.NewOffset().AtStart()
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(bootstrap...),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}),
	)
	must(err, "kgo.NewClient")
	defer client.Close()
	ends := endOffsets(client, topic, partitions)
	var result counted
	seen := make([]bool, records)
	last := make([]int64, partitions)
	next := make([]int64, partitions)
	for p := range last {
		last[p] = -1
	}
	done := func() bool {
		for p := range next {
			if next[p] < ends[p] {
				return false
			}
		}
		return true
	}
	for !done() {
		ctx, cancel := context.WithTimeout(context.Background(), silenceLimit)
		fetches := client.PollFetches(ctx)
		cancel()
		if ctx.Err() == context.DeadlineExceeded {
			return result
		}
		fetches.EachRecord(func(record *kgo.Record) {
			next[record.Partition] = record.Offset + 1
			result.Stored++
			digits, _, _ := bytes.Cut(record.Value, []byte(":"))
			value, err := strconv.ParseInt(string(digits), 10, 64)
			if err != nil || value < 0 || value >= records {
				result.Strangers++
				return
			}
			if !seen[value] {
				result.Distinct++
			}
			seen[value] = true
			if value <= last[record.Partition] {
				result.Reordered++
			}
			last[record.Partition] = value
		})
	}
	result.Complete = true
	return result
}

func endOffsets(client *kgo.Client, topic string, partitions int32) []int64 {
	ends := make([]int64, partitions)
	request := kmsg.NewPtrListOffsetsRequest()
	asked := kmsg.NewListOffsetsRequestTopic()
	asked.Topic = topic
	for p := int32(0); p < partitions; p++ {
		partition := kmsg.NewListOffsetsRequestTopicPartition()
		partition.Partition = p
		partition.Timestamp = -1
		asked.Partitions = append(asked.Partitions, partition)
	}
	request.Topics = append(request.Topics, asked)
	for _, shard := range client.RequestSharded(context.Background(), request) {
		must(shard.Err, "ListOffsets")
		for _, partition := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics[0].Partitions {
			must(kerr.ErrorForCode(partition.ErrorCode), "ListOffsets")
			ends[partition.Partition] = partition.Offset
		}
	}
	return ends
}

func main() {
	if len(os.Args) < 4 {
		die("usage", "kfake BROKERS PARTITIONS TOPIC...")
	}
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(int(number(os.Args[1]))),
		kfake.SeedTopics(int32(number(os.Args[2])), os.Args[3:]...),
	)
	must(err, "kfake.NewCluster")
	defer cluster.Close()
	bootstrap := cluster.ListenAddrs()
	var breaks atomic.Int64
	cluster.ControlKey(produceKey, func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if breaks.Load() <= 0 {
			return nil, nil, false
		}
		breaks.Add(-1)
		return nil, errors.New("broken on purpose"), true
	})
	print(map[string]string{"bootstrap": strings.Join(bootstrap, ","), "version": version()})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 3 && words[0] == "fault":
			code, times := int16(number(words[1])), number(words[2])
			if code == disconnect {
				breaks.Add(times)
				continue
			}
			fault, ok := kerr.ErrorForCode(code).(*kerr.Error)
			if !ok {
				die("no such error", code)
			}
			cluster.Fault(kfake.Fault{Keys: []kmsg.Key{produceKey}, Err: fault, Count: int(times)})
		case len(words) == 4 && words[0] == "move":
			must(cluster.MoveTopicPartition(words[1], int32(number(words[2])), int32(number(words[3])-1)), "move")
		case len(words) == 4 && words[0] == "count":
			print(count(bootstrap, words[1], int32(number(words[2])), number(words[3])))
		default:
			die("not understood", lines.Text())
		}
	}
}
