// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import io.margay.api.console.Caller;
import io.margay.api.console.CommandSpec.Role;
import io.margay.api.console.Console;
import io.margay.api.console.ConsoleSession;
import io.margay.api.node.NodeFiles;
import io.margay.api.node.NodeProperties;
import io.margay.console.audit.AuditLog;
import io.margay.console.shell.CommandRegistry;
import io.margay.console.shell.Shell;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the console on the agent's unix socket.
 *
 * <p>A connection has three threads: {@code console-N} reads frames, {@code console-N-out} writes
 * them, {@code console-N-run} runs the session.
 */
@Component(service = Console.class, immediate = true, configurationPid = "io.margay.console")
@Designate(ocd = ConsoleSettings.class)
public final class ConsoleServer implements Console {
  private static final Logger LOG = LoggerFactory.getLogger(ConsoleServer.class);
  private static final int MAX_CONNECTIONS = 64;
  private static final long GRACE_MILLIS = 2_000;
  private static final long DRAIN_MILLIS = 5_000;

  private final Shell shell;
  private final LocalSocket socket;
  private final Thread acceptor;
  private final Map<Thread, ConsoleSession> sessions = new ConcurrentHashMap<>();
  private volatile boolean stopping;

  @Activate
  public ConsoleServer(
      BundleContext context,
      ConsoleSettings settings,
      @Reference CommandRegistry commands,
      @Reference AuditLog audit)
      throws IOException {
    Path state = Path.of(context.getProperty(NodeProperties.STATE));
    NodeFiles files = new NodeFiles(state);
    this.shell = new Shell(commands, audit, context.getProperty(NodeProperties.NODE), state);
    this.socket = LocalSocket.listen(files.consoleSocket());
    admit(settings);
    this.acceptor = new Thread(this::accept, "console");
    this.acceptor.setDaemon(true);
    this.acceptor.start();
    LOG.info("Console ready socket={}", files.consoleSocket());
  }

  /** Sessions that are open stay as they are. */
  @Modified
  void admit(ConsoleSettings settings) {
    try {
      socket.admit(settings.group(), Role.valueOf(settings.groupRole().toUpperCase(Locale.ROOT)));
    } catch (IOException | IllegalArgumentException e) {
      LOG.error(
          "Console serves root alone: group={} role={}: {}",
          settings.group(),
          settings.groupRole(),
          e.toString());
    }
  }

  @Deactivate
  public void stop() throws IOException, InterruptedException {
    stopping = true;
    socket.close();
    acceptor.join();
    // What a script has begun may come to its end; who only sits there is sent away.
    await(session -> session instanceof ExecSession || session instanceof GuestLine, GRACE_MILLIS);
    sessions.values().forEach(ConsoleSession::hangUp);
    await(session -> true, DRAIN_MILLIS);
    shell.close();
  }

  @Override
  public ConsoleSession execute(
      Caller caller, String line, InputStream in, OutputStream out, OutputStream err) {
    return tracked(new GuestLine(shell.open(caller, in, out, err), line));
  }

  @Override
  public ConsoleSession terminal(
      Caller caller,
      Optional<String> line,
      String type,
      int columns,
      int rows,
      InputStream keys,
      OutputStream screen) {
    try {
      return tracked(
          new Screen(shell, caller, line, type, Screen.size(columns, rows), keys, screen));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A session that is hung up when the console stops. */
  private ConsoleSession tracked(ConsoleSession session) {
    return new ConsoleSession() {
      @Override
      public int run() {
        Thread runner = Thread.currentThread();
        ClassLoader before = runner.getContextClassLoader();
        runner.setContextClassLoader(Shell.classLoader());
        sessions.put(runner, session);
        try {
          if (stopping) {
            session.hangUp();
          }
          return session.run();
        } finally {
          sessions.remove(runner);
          runner.setContextClassLoader(before);
        }
      }

      @Override
      public void resize(int columns, int rows) {
        session.resize(columns, rows);
      }

      @Override
      public void hangUp() {
        session.hangUp();
      }
    };
  }

  private void await(Predicate<ConsoleSession> which, long millis) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (Map.Entry<Thread, ConsoleSession> entry : sessions.entrySet()) {
      if (which.test(entry.getValue())) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        entry.getKey().join(Math.max(1, left));
      }
    }
  }

  private void accept() {
    for (long number = 1; !stopping; number++) {
      try {
        SocketChannel channel = socket.accept();
        Connection connection = new Connection(channel, "console-" + number);
        Optional<Caller> caller = socket.caller(channel);
        if (caller.isEmpty()) {
          refuse(connection, "the console serves root, and the group of io.margay.console.cfg");
        } else if (sessions.size() >= MAX_CONNECTIONS) {
          refuse(connection, "too many consoles are open (limit: " + MAX_CONNECTIONS + ")");
        } else {
          String name = "console-" + number;
          Thread reader = new Thread(() -> serve(connection, caller.get(), name), name);
          reader.setDaemon(true);
          reader.start();
        }
      } catch (IOException e) {
        if (!stopping) {
          LOG.error("Console stopped: accept failed", e);
          return;
        }
      }
    }
  }

  private static void refuse(Connection connection, String reason) throws IOException {
    byte[] text = ("margay: " + reason + "\n").getBytes(StandardCharsets.UTF_8);
    connection.send(new Frame(Frame.ERR, text));
    connection.exit(1);
  }

  /** Reads frames until the client goes. */
  private void serve(Connection connection, Caller caller, String name) {
    try (connection) {
      Session session = open(connection, caller, connection.read());
      Thread runner = new Thread(() -> run(session, connection), name + "-run");
      runner.setDaemon(true);
      runner.setContextClassLoader(Shell.classLoader());
      sessions.put(runner, session);
      runner.start();
      try {
        while (true) {
          session.receive(connection.read());
        }
      } finally {
        session.hangUp();
      }
    } catch (EOFException | ClosedChannelException e) {
      LOG.trace("Console connection ended name={}", name);
    } catch (IOException e) {
      LOG.debug("Console connection failed name={}", name, e);
    }
  }

  private Session open(Connection connection, Caller caller, Frame first) throws IOException {
    return switch (first.type()) {
      case Frame.EXECUTE -> new ExecSession(shell, caller, connection, first);
      case Frame.TERMINAL -> new TerminalSession(shell, caller, connection, first);
      default -> throw new IOException("first frame: " + first.type() + " (expected: E or T)");
    };
  }

  private void run(Session session, Connection connection) {
    int status = 1;
    try {
      status = session.run();
    } catch (UncheckedIOException e) {
      LOG.debug("Console session ended", e);
    } catch (RuntimeException e) {
      LOG.error("Console session failed", e);
    } finally {
      connection.exit(status);
      sessions.remove(Thread.currentThread());
    }
  }
}
