// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane.journal;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.JournalRecord;
import io.margay.api.dataplane.JournalRecord.Action;
import io.margay.api.dataplane.Owner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes records down from any thread, and writes them on one.
 *
 * <p>Nobody waits for the disk: records queue up, and when the queue is full they are counted as
 * lost, which becomes a record itself. What was written is in the page cache within milliseconds,
 * so it outlives a killed process; on disk it is forced when a segment is full.
 */
public final class JournalWriter implements Recorder {
  private static final Logger LOG = LoggerFactory.getLogger(JournalWriter.class);
  private static final int QUEUED = 1 << 16;

  /** Records that are taken from the queue and written at a time. */
  private static final int CHUNK = 256;

  /** Something that happened; its texts are made by the writing thread. */
  private record Happening(
      Instant time,
      Action action,
      Owner owner,
      Object object,
      Object before,
      Cause cause,
      String errno) {}

  /** Wakes the writing thread up. */
  private static final Happening STOP =
      new Happening(Instant.EPOCH, Action.REMARK, null, "", null, new Cause(""), null);

  private final Path folder;
  private final long maxBytes;
  private final Segments segments;
  private final BlockingQueue<Happening> queue;
  private final AtomicLong lost = new AtomicLong();
  private final Consumer<JournalRecord> listener;
  private volatile boolean closing;

  // Of the writing thread alone.
  private final StringBuilder text = new StringBuilder();
  private FileChannel file;
  private long sequence;
  private boolean fails;

  /**
   * A writer into a folder, which is made when there is something to write.
   *
   * @param maxBytes bound of all files together
   * @param listener is told of each record, on the writing thread, once it is written
   */
  public JournalWriter(Path folder, long maxBytes, Consumer<JournalRecord> listener) {
    this(folder, maxBytes, QUEUED, listener);
  }

  JournalWriter(Path folder, long maxBytes, int queued, Consumer<JournalRecord> listener) {
    this.folder = folder;
    this.maxBytes = maxBytes;
    this.listener = listener;
    segments = new Segments(folder);
    queue = new ArrayBlockingQueue<>(queued);
  }

  @Override
  public void record(
      Action action, Owner owner, Object object, Object before, Cause cause, String errno) {
    if (!queue.offer(new Happening(Instant.now(), action, owner, object, before, cause, errno))) {
      lost.incrementAndGet();
    }
  }

  /** Has {@link #run} write what is queued and return. */
  public void close() {
    closing = true;
    queue.offer(STOP); // When the queue is full nobody sleeps.
  }

  /** Writes until closed. A disk that fails costs records, which are counted, and nothing else. */
  public void run() throws InterruptedException {
    try {
      while (!closing || !queue.isEmpty()) {
        write(queue.take());
      }
    } finally {
      closeFile();
    }
  }

  private void write(Happening first) {
    List<JournalRecord> written = new ArrayList<>();
    List<Happening> taken = new ArrayList<>();
    taken.add(first);
    queue.drainTo(taken, CHUNK - 1); // One by one would contend with those who take down.
    text.setLength(0);
    long gone = lost.getAndSet(0);
    try {
      open();
      for (Happening next : taken) {
        if (next != STOP) {
          add(entry(next), written);
        }
      }
      if (gone > 0) {
        add(remark(gone + " records lost: they came faster than they could be written"), written);
      }
      append(text);
      fails = false;
    } catch (IOException e) {
      lost.addAndGet(gone + taken.size());
      if (!fails) {
        LOG.warn("Journal not written folder={}", folder, e);
      }
      fails = true;
      closeFile();
      return;
    }
    written.forEach(listener);
  }

  private void add(JournalRecord entry, List<JournalRecord> written) {
    JournalLine.append(text, entry);
    written.add(entry);
  }

  private JournalRecord entry(Happening happening) {
    return new JournalRecord(
        ++sequence,
        happening.time(),
        happening.action(),
        Optional.ofNullable(happening.owner()).map(Owner::name),
        happening.object().toString(),
        Optional.ofNullable(happening.before()).map(Object::toString),
        happening.cause(),
        Optional.ofNullable(happening.errno()));
  }

  private JournalRecord remark(String remark) {
    Cause cause = new Cause(Cause.Kind.OTHER, "journal");
    return entry(new Happening(Instant.now(), Action.REMARK, null, remark, null, cause, null));
  }

  private void append(CharSequence lines) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(CharBuffer.wrap(lines));
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
    if (file.position() >= maxBytes / Segments.PARTS) {
      file.force(false);
      closeFile();
    }
  }

  /** Goes on in the last segment, or in a new one when that is full. */
  private void open() throws IOException {
    if (file != null) {
      return;
    }
    Files.createDirectories(folder);
    List<Path> files = segments.all();
    if (sequence == 0) {
      sequence = new JournalReader(folder).last().map(JournalRecord::sequence).orElse(0L);
    }
    Path last = files.isEmpty() ? null : files.get(files.size() - 1);
    boolean goesOn = last != null && Files.size(last) < maxBytes / Segments.PARTS;
    if (!goesOn) {
      segments.trim(maxBytes);
      last = segments.next();
    }
    file = FileChannel.open(last, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    file.position(file.size());
    if (goesOn && isTorn(last)) {
      file.write(ByteBuffer.wrap(new byte[] {'\n'})); // Whoever reads says what cannot be read.
    }
  }

  private static boolean isTorn(Path path) throws IOException {
    try (BackwardLines lines = new BackwardLines(path)) {
      byte[] tail = lines.next();
      return tail != null && tail.length > 0;
    }
  }

  private void closeFile() {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        LOG.warn("Journal not closed folder={}", folder, e);
      }
      file = null;
    }
  }
}
