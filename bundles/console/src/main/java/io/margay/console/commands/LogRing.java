// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.slf4j.LoggerFactory;

/** Keeps the last events of the log in memory, so that the console can show them. */
@Component(service = LogRing.class)
public final class LogRing {
  private static final int CAPACITY = 2_000;

  /** Events from a position on, and the position that continues after them. */
  record Part(List<LogLine> lines, long next) {}

  private final LoggerContext context;
  private final Appender appender = new Appender();
  private final Object lock = new Object();

  // Guarded by lock.
  private final Deque<LogLine> lines = new ArrayDeque<>();
  private long next;

  @Activate
  public LogRing() {
    this.context = (LoggerContext) LoggerFactory.getILoggerFactory();
    appender.setContext(context);
    appender.start();
    root().addAppender(appender);
  }

  @Deactivate
  public void stop() {
    root().detachAppender(appender);
    appender.stop();
  }

  LoggerContext context() {
    return context;
  }

  /** What is kept from a position on; position 0 is the oldest. */
  Part from(long position) {
    synchronized (lock) {
      long oldest = next - lines.size();
      return new Part(lines.stream().skip(Math.max(0, position - oldest)).toList(), next);
    }
  }

  /** Waits until there is something at this position, or the time is over. */
  void await(long position, long millis) throws InterruptedException {
    synchronized (lock) {
      if (next <= position) {
        lock.wait(millis);
      }
    }
  }

  private Logger root() {
    return context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  /** Logback calls it on the thread that logs. */
  private final class Appender extends AppenderBase<ILoggingEvent> {
    @Override
    protected void append(ILoggingEvent event) {
      LogLine line = LogLine.of(event);
      synchronized (lock) {
        if (lines.size() == CAPACITY) {
          lines.removeFirst();
        }
        lines.addLast(line);
        next++;
        lock.notifyAll();
      }
    }
  }
}
