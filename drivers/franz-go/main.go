// The driver of franz-go: docs/drivers.md has the contract, README.md beside what it means here.
// kbench builds it on demand: go build.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
	"unsafe"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sys/unix"
)

type phaseSpec struct {
	Records    *int64   `json:"records"`
	DurationMs *float64 `json:"durationMs"`
	GiveUpMs   *float64 `json:"giveUpMs"`
}

type spec struct {
	Bootstrap []string       `json:"bootstrap"`
	Topic     string         `json:"topic"`
	Settings  map[string]any `json:"settings"`
	Security  map[string]any `json:"security"`
	Worker    int            `json:"worker"`
	Due       *struct {
		FirstMs float64 `json:"firstMs"`
		GapMs   float64 `json:"gapMs"`
	} `json:"due"`
	Values string  `json:"values"`
	Keys   *string `json:"keys"`
	Audit  *struct {
		Run      uint32 `json:"run"`
		Outcomes string `json:"outcomes"`
	} `json:"audit"`
	Warmup     *phaseSpec `json:"warmup"`
	Measured   phaseSpec  `json:"measured"`
	IntervalMs int64      `json:"intervalMs"`
}

const (
	module    = "github.com/twmb/franz-go"
	highest   = 3_600_000_000 // an hour, in microseconds
	silenceNs = 100_000_000
	lookNs    = 50_000
)

var (
	saying  sync.Mutex
	lines   = make(chan []byte, 16)
	stopped = make(chan struct{})
)

func say(message map[string]any) {
	line, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	saying.Lock()
	defer saying.Unlock()
	os.Stdout.Write(append(line, '\n'))
}

func giveUp(err error) {
	say(map[string]any{"type": "fatal", "message": err.Error()})
	os.Exit(1)
}

func nowNs() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		giveUp(err)
	}
	return t.Nano()
}

func isStopped() bool {
	select {
	case <-stopped:
		return true
	default:
		return false
	}
}

func readLines() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 1 {
			lines <- line
		}
		if err != nil {
			close(stopped)
			close(lines)
			return
		}
	}
}

// opened gives the start of the next phase; false once kbench has hung up.
func opened() (int64, bool) {
	line, more := <-lines
	if !more {
		return 0, false
	}
	var start struct {
		AtNs string `json:"atNs"`
	}
	if err := json.Unmarshal(line, &start); err != nil {
		giveUp(err)
	}
	at, err := strconv.ParseInt(start.AtNs, 10, 64)
	if err != nil {
		giveUp(err)
	}
	return at, true
}

func readRecords(file string) [][]byte {
	bytes, err := os.ReadFile(file)
	if err != nil {
		giveUp(err)
	}
	var all [][]byte
	for at := 0; at < len(bytes); {
		length := int(int32(binary.BigEndian.Uint32(bytes[at:])))
		at += 4
		if length < 0 {
			all = append(all, nil)
			continue
		}
		all = append(all, bytes[at:at+length:at+length])
		at += length
	}
	return all
}

// settings: what the client is given, and what it has not.
type refusal struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

func number(s map[string]any, name string, preset float64) float64 {
	if v, ok := s[name].(float64); ok {
		return v
	}
	return preset
}

func options(s *spec, largest int) ([]kgo.Opt, []refusal) {
	set := s.Settings
	without := []refusal{}
	ms := func(name string, preset float64) time.Duration {
		return time.Duration(number(set, name, preset) * float64(time.Millisecond))
	}
	batch := int(number(set, "batch.size", 16384))
	opts := []kgo.Opt{
		kgo.SeedBrokers(s.Bootstrap...),
		kgo.DefaultProduceTopic(s.Topic),
		// Unlike batch.size this is a hard cap: a record that does not fit is refused.
		kgo.ProducerBatchMaxBytes(int32(max(batch, largest+1024))),
		kgo.ProducerLinger(ms("linger.ms", 5)),
		kgo.MaxBufferedBytes(int(number(set, "buffer.memory", 32<<20))),
		kgo.MaxBufferedRecords(math.MaxInt32),
		kgo.ProduceRequestTimeout(ms("request.timeout.ms", 30000)),
		kgo.RecordDeliveryTimeout(ms("delivery.timeout.ms", 120000)),
	}
	inFlight := int(number(set, "max.in.flight.requests.per.connection", 5))
	idempotent, _ := set["enable.idempotence"].(bool)
	acks := map[string]kgo.Acks{"all": kgo.AllISRAcks(), "1": kgo.LeaderAck(), "0": kgo.NoAck()}
	opts = append(opts, kgo.RequiredAcks(acks[fmt.Sprint(set["acks"])]))
	if !idempotent {
		opts = append(opts, kgo.DisableIdempotentWrite())
		opts = append(opts, kgo.MaxProduceRequestsInflightPerBroker(inFlight))
	} else if inFlight != 5 {
		name := "max.in.flight.requests.per.connection"
		without = append(without, refusal{name, "franz-go has 5 where it is idempotent"})
	}
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	codec, known := codecs[fmt.Sprint(set["compression.type"])]
	if !known {
		giveUp(fmt.Errorf("franz-go has no codec %v", set["compression.type"]))
	}
	opts = append(opts, kgo.ProducerBatchCompression(codec))
	why := map[string]string{
		"max.block.ms":     "franz-go's Produce blocks as long as its buffer is full",
		"max.request.size": "franz-go has no limit of a request's produce data but the broker's",
	}
	taken := map[string]bool{
		"acks": true, "enable.idempotence": true, "linger.ms": true, "batch.size": true,
		"buffer.memory": true, "compression.type": true, "max.in.flight.requests.per.connection": true,
		"request.timeout.ms": true, "delivery.timeout.ms": true, "client.id": true,
	}
	if id, ok := set["client.id"].(string); ok {
		opts = append(opts, kgo.ClientID(id))
	}
	for name := range set {
		if taken[name] {
			continue
		}
		reason, ok := why[name]
		if !ok {
			reason = "franz-go has no such setting, or the driver does not hand it on"
		}
		without = append(without, refusal{name, reason})
	}
	return opts, without
}

// rec carries its times and number beside the record; the promise gets &rec.Record back.
type rec struct {
	kgo.Record
	sentNs, dueNs int64
	sequence      int
}

type audit struct {
	run      uint32
	worker   uint16
	outcomes []byte
	table    *crc32.Table
}

func (a *audit) stamped(value []byte) ([]byte, int) {
	sequence := len(a.outcomes)
	a.outcomes = append(a.outcomes, 0)
	bytes := append([]byte(nil), value...)
	binary.BigEndian.PutUint32(bytes, a.run)
	binary.BigEndian.PutUint16(bytes[4:], a.worker)
	binary.BigEndian.PutUint16(bytes[6:], uint16(sequence>>32))
	binary.BigEndian.PutUint32(bytes[8:], uint32(sequence))
	check := crc32.Update(crc32.Update(0, a.table, bytes[16:]), a.table, bytes[:12])
	binary.BigEndian.PutUint32(bytes[12:], check)
	return bytes, sequence
}

type cause struct {
	message string
	records int64
}

// figures are written by the sending goroutine and by the promises, under one lock.
type figures struct {
	sync.Mutex
	startNs, intervalNs                                  int64
	open, measured                                       bool
	sent, acked, failed, bytes                           int64
	sent0, acked0, failed0, index                        int64
	firstAck, lastAck, lastSent, ended, waiting, blocked int64
	response, service, delay, interval                   *hdr.Histogram
	ranges                                               map[*hdr.Histogram]*[2]int64
	causes                                               map[string]*cause
	inInterval                                           map[string]int64
	silences                                             [][2]float64
}

func newFigures(startNs, intervalMs int64, open, measured bool) *figures {
	f := &figures{startNs: startNs, intervalNs: intervalMs * 1e6, open: open, measured: measured}
	f.ranges = map[*hdr.Histogram]*[2]int64{}
	for _, h := range []**hdr.Histogram{&f.response, &f.service, &f.delay, &f.interval} {
		*h = hdr.New(1, highest, 3)
		f.ranges[*h] = &[2]int64{math.MaxInt64, 0}
	}
	f.causes, f.inInterval = map[string]*cause{}, map[string]int64{}
	return f
}

func (f *figures) record(h *hdr.Histogram, ns int64) {
	micros := min(max(0, (ns+500)/1000), highest)
	if err := h.RecordValue(micros); err != nil {
		giveUp(err)
	}
	r := f.ranges[h]
	r[0], r[1] = min(r[0], micros), max(r[1], micros)
}

func (f *figures) told(h *hdr.Histogram) any {
	if h.TotalCount() == 0 {
		return nil
	}
	encoded, err := h.Encode(hdr.V2CompressedEncodingCookieBase)
	if err != nil {
		giveUp(err)
	}
	// The package's text is base64 already; some of its versions gave bytes.
	if _, err := base64.StdEncoding.DecodeString(string(encoded)); err != nil {
		encoded = []byte(base64.StdEncoding.EncodeToString(encoded))
	}
	r := f.ranges[h]
	return map[string]any{
		"encoded": string(encoded), "count": h.TotalCount(), "minMicros": r[0], "maxMicros": r[1],
	}
}

func (f *figures) handedOver(ns int64) {
	f.Lock()
	f.sent++
	f.lastSent = ns
	if f.waiting == 0 {
		f.waiting = ns
	}
	f.Unlock()
}

func (f *figures) silent(from, to int64) {
	if to-from >= silenceNs && len(f.silences) < 1000 {
		f.silences = append(f.silences, [2]float64{float64(from-f.startNs) / 1e6, float64(to-from) / 1e6})
	}
}

func (f *figures) settled(e *rec, err error, a *audit) {
	now := nowNs()
	f.Lock()
	defer f.Unlock()
	if err != nil {
		f.failed++
		name, message := nameOf(err), err.Error()
		if f.causes[name] == nil {
			f.causes[name] = &cause{message: message}
		}
		f.causes[name].records++
		f.inInterval[name]++
		if a != nil {
			a.outcomes[e.sequence] = 3
		}
		return
	}
	f.endIntervals(now)
	f.record(f.service, now-e.sentNs)
	if f.open {
		f.record(f.response, now-e.dueNs)
		f.record(f.interval, now-e.dueNs)
		f.record(f.delay, e.sentNs-e.dueNs)
	} else {
		f.record(f.interval, now-e.sentNs)
	}
	f.acked++
	f.bytes += int64(len(e.Value))
	if f.firstAck == 0 {
		f.firstAck = now
	}
	if f.waiting != 0 {
		f.silent(max(f.lastAck, f.waiting), now)
	}
	f.lastAck, f.waiting = now, 0
	if f.sent > f.acked+f.failed {
		f.waiting = now
	}
	if a != nil {
		a.outcomes[e.sequence] = 1
	}
}

func nameOf(err error) string {
	var known *kerr.Error
	if errors.As(err, &known) {
		return known.Message
	}
	if errors.Is(err, kgo.ErrRecordTimeout) {
		return "REQUEST_TIMED_OUT"
	}
	return fmt.Sprintf("%T", err)
}

func (f *figures) endIntervals(now int64) {
	for now >= f.startNs+(f.index+1)*f.intervalNs {
		f.endInterval(f.intervalNs)
	}
}

func (f *figures) endInterval(ns int64) {
	if f.measured {
		say(map[string]any{
			"type": "interval", "index": f.index, "durationMs": float64(ns) / 1e6,
			"sent": f.sent - f.sent0, "acked": f.acked - f.acked0, "failed": f.failed - f.failed0,
			"errors": f.inInterval, "histogram": f.told(f.interval),
		})
	}
	f.interval.Reset()
	*f.ranges[f.interval] = [2]int64{math.MaxInt64, 0}
	f.inInterval = map[string]int64{}
	f.sent0, f.acked0, f.failed0 = f.sent, f.acked, f.failed
	f.index++
}

func (f *figures) result() map[string]any {
	f.Lock()
	defer f.Unlock()
	now := nowNs()
	f.endIntervals(now)
	if since := f.startNs + f.index*f.intervalNs; now > since {
		f.endInterval(now - since)
	}
	if f.waiting != 0 {
		f.silent(max(f.lastAck, f.waiting), now)
	}
	at := func(ns int64) any {
		if ns == 0 {
			return nil
		}
		return float64(ns-f.startNs) / 1e6
	}
	causes := []map[string]any{}
	for name, c := range f.causes {
		causes = append(causes, map[string]any{"name": name, "message": c.message, "records": c.records})
	}
	silences := f.silences
	if silences == nil {
		silences = [][2]float64{}
	}
	return map[string]any{
		"type": "result", "sent": f.sent, "acked": f.acked, "failed": f.failed, "valueBytes": f.bytes,
		"firstAckMs": at(f.firstAck), "lastAckMs": at(f.lastAck), "lastSentMs": at(f.lastSent),
		"endedMs": at(f.ended), "blockedMs": float64(f.blocked) / 1e6,
		"histograms": map[string]any{
			"response": f.told(f.response), "service": f.told(f.service), "delay": f.told(f.delay),
		},
		"errors": causes, "silences": silences,
	}
}

type run struct {
	*spec
	client       *kgo.Client
	values, keys [][]byte
	audit        *audit
	pool         sync.Pool
}

func (r *run) dueNs(start, index int64) int64 {
	return start + int64((r.Due.FirstMs+float64(index)*r.Due.GapMs)*1e6)
}

func (r *run) phase(p *phaseSpec, start int64, measured bool) *figures {
	f := newFigures(start, r.IntervalMs, r.Due != nil, measured)
	over := make(chan struct{})
	told := make(chan struct{})
	go func() {
		defer close(told)
		for {
			select {
			case <-over:
				return
			case <-time.After(250 * time.Millisecond):
				f.Lock()
				if now := nowNs(); now > start {
					f.endIntervals(now)
				}
				sent, acked, failed := f.sent, f.acked, f.failed
				f.Unlock()
				say(map[string]any{"type": "progress", "sent": sent, "acked": acked, "failed": failed})
			}
		}
	}()
	most, end := int64(math.MaxInt64), int64(math.MaxInt64)
	if p.Records != nil {
		most = *p.Records
	}
	for _, limit := range []*float64{p.DurationMs, p.GiveUpMs} {
		if limit != nil {
			end = start + int64(*limit*1e6)
		}
	}
	time.Sleep(time.Duration(start - nowNs()))
	for index := int64(0); index < most && !isStopped(); {
		now := nowNs()
		if now >= end {
			break
		}
		due := index + 64
		if r.Due != nil {
			due = 0
			if since := float64(now-start)/1e6 - r.Due.FirstMs; since >= 0 {
				due = int64(since/r.Due.GapMs) + 1
			}
		}
		for ; index < min(due, most); index++ {
			r.send(f, start, index)
		}
		if r.Due != nil && index < most {
			wait := min(50_000_000, max(lookNs, r.dueNs(start, index)-nowNs()))
			time.Sleep(time.Duration(wait))
		}
	}
	f.ended = nowNs()
	context, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-over:
		case <-stopped:
			time.Sleep(3 * time.Second)
		}
		cancel()
	}()
	_ = r.client.Flush(context) // broken off by a stop alone
	close(over)
	<-told
	cancel()
	return f
}

func (r *run) send(f *figures, start, index int64) {
	e := r.pool.Get().(*rec)
	*e = rec{}
	e.Value = r.values[index%int64(len(r.values))]
	if r.keys != nil {
		e.Key = r.keys[index%int64(len(r.keys))]
	}
	if r.audit != nil {
		f.Lock()
		e.Value, e.sequence = r.audit.stamped(e.Value)
		f.Unlock()
	}
	if r.Due != nil {
		e.dueNs = r.dueNs(start, index)
	}
	e.sentNs = nowNs()
	sent := e.sentNs
	f.handedOver(sent)
	r.client.Produce(context.Background(), &e.Record, func(record *kgo.Record, err error) {
		done := (*rec)(unsafe.Pointer(record))
		f.settled(done, err, r.audit)
		r.pool.Put(done)
	})
	if took := nowNs() - sent; took > 1_000_000 {
		f.blocked += took
	}
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			if dependency.Path == module {
				return dependency.Version
			}
		}
	}
	return "unknown"
}

func main() {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1000, 0, 0, 0)
	go readLines()
	first, more := <-lines
	if !more {
		return
	}
	s := &spec{}
	if err := json.Unmarshal(first, s); err != nil {
		giveUp(err)
	}
	r := &run{spec: s, values: readRecords(s.Values)}
	r.pool.New = func() any { return new(rec) }
	largest := 0
	for _, value := range r.values {
		largest = max(largest, len(value))
	}
	opts, without := options(s, largest)
	say(map[string]any{
		"type": "hello", "protocol": 1, "name": "franz-go", "version": version(), "notHonoured": without,
	})
	client, err := kgo.NewClient(opts...)
	if err != nil {
		giveUp(err)
	}
	patience := time.Duration(number(s.Settings, "max.block.ms", 60_000)) * time.Millisecond
	context, cancel := context.WithTimeout(context.Background(), patience)
	if err := client.Ping(context); err != nil {
		giveUp(err)
	}
	cancel()
	r.client = client
	if s.Keys != nil {
		r.keys = readRecords(*s.Keys)
	}
	if s.Audit != nil {
		table := crc32.MakeTable(crc32.Castagnoli)
		r.audit = &audit{run: s.Audit.Run, worker: uint16(s.Worker), table: table}
	}
	say(map[string]any{"type": "ready", "nowNs": strconv.FormatInt(nowNs(), 10)})
	if s.Warmup != nil {
		start, more := opened()
		if !more {
			return
		}
		f := r.phase(s.Warmup, start, false)
		say(map[string]any{"type": "done", "phase": "warmup", "sent": f.sent})
	}
	start, more := opened()
	if !more {
		return
	}
	f := r.phase(&s.Measured, start, true)
	if r.audit != nil {
		if err := os.WriteFile(s.Audit.Outcomes, r.audit.outcomes, 0o600); err != nil {
			giveUp(err)
		}
	}
	say(f.result())
	<-stopped // kbench looks at this process's CPU and memory once more before it hangs up
}
