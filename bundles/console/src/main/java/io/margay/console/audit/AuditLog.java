// SPDX-License-Identifier: Apache-2.0
package io.margay.console.audit;

import io.margay.api.console.Caller;
import io.margay.api.node.NodeProperties;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.function.Consumer;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code <state>/audit.jsonl}: each changing command as it begins and as it ends, and each that was
 * refused; the agent's log has the same.
 *
 * <p>An interrupted thread must not lose a line (an interrupt closes the channel that it meets), so
 * the flag is put aside while writing. Refusals have a budget: someone who may change nothing must
 * not wash away, by asking a million times, what others did.
 */
@Component(service = AuditLog.class)
public final class AuditLog implements Audit {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final long FILE_BYTES = 8 << 20;
  private static final int KEPT_FILES = 4;
  private static final int MAX_LINE = 2_000;
  private static final int REFUSALS = 60;
  private static final Duration REFUSALS_PER = Duration.ofMinutes(1);

  private final RotatedFile file;
  private final Clock clock;
  private boolean broken;
  private Instant refusalsSince = Instant.EPOCH;
  private int refusals;

  @Activate
  public AuditLog(BundleContext context) {
    this(
        Path.of(context.getProperty(NodeProperties.STATE)).resolve("audit.jsonl"),
        FILE_BYTES,
        Clock.systemUTC());
  }

  AuditLog(Path path, long fileBytes, Clock clock) {
    this.file = new RotatedFile(path, fileBytes, KEPT_FILES);
    this.clock = clock;
  }

  @Override
  public Call begin(Caller caller, String line) {
    String id = UUID.randomUUID().toString().substring(0, 8);
    Event begin = Event.of(clock.instant(), id, Event.BEGIN, caller, cut(line));
    append(begin);
    return status -> {
      Event end = begin.ended(clock.instant(), status);
      append(end);
      LOG.info(
          "Command run line=\"{}\" user={} from=\"{}\" status={} millis={}",
          end.line(),
          end.user(),
          end.from(),
          status,
          end.took().orElseThrow().toMillis());
    };
  }

  @Override
  public void refused(Caller caller, String line) {
    if (!mayRecordRefusal()) {
      return;
    }
    Event event = Event.of(clock.instant(), "-", Event.REFUSED, caller, cut(line));
    append(event);
    LOG.warn(
        "Command refused line=\"{}\" user={} role={} from=\"{}\"",
        event.line(),
        event.user(),
        event.role(),
        event.from());
  }

  /** Hands over what is recorded, the oldest first. */
  void read(Consumer<Event> reader) throws IOException {
    for (Path path : file.files()) {
      try (BufferedReader lines = Files.newBufferedReader(path)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          Event.parse(line).ifPresent(reader);
        }
      }
    }
  }

  private synchronized boolean mayRecordRefusal() {
    Instant now = clock.instant();
    if (now.isAfter(refusalsSince.plus(REFUSALS_PER))) {
      if (refusals > REFUSALS) {
        LOG.warn("Refused commands not recorded count={}", refusals - REFUSALS);
      }
      refusalsSince = now;
      refusals = 0;
    }
    refusals++;
    return refusals <= REFUSALS;
  }

  /** A disk that is full must not keep an operator from making room: said once, and gone on. */
  private synchronized void append(Event event) {
    boolean interrupted = Thread.interrupted();
    try {
      file.append(event.json());
      broken = false;
    } catch (IOException e) {
      if (!broken) {
        LOG.error("Audit log not written: the agent's log alone has what is changed", e);
      }
      broken = true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static String cut(String line) {
    return line.length() <= MAX_LINE ? line : line.substring(0, MAX_LINE) + "…";
  }
}
