// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import io.margay.api.console.Caller;
import io.margay.api.console.Console;
import io.margay.api.console.ConsoleSession;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.Signal;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One channel of a connection: a person at a terminal, a line of a script, or lines that are piped
 * in. A terminal outlives the console that serves it: it goes on with the next.
 */
final class Seat implements Command {
  private static final Logger LOG = LoggerFactory.getLogger(Seat.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int MAX_LINE = 1 << 16;
  private static final int UNAVAILABLE = 69;

  private final Consoles consoles;
  private final Caller caller;
  private final Optional<String> line;
  private final Consumer<Seat> ended;
  private final Activity activity = new Activity();
  private InputStream in;
  private OutputStream out;
  private OutputStream err;
  private ExitCallback exit;
  private Map<String, String> environment;
  private volatile ConsoleSession session;
  private volatile boolean terminal;
  private volatile boolean gone;

  /**
   * @param line what to run; empty for a shell
   * @param ended told when it is over
   */
  Seat(Consoles consoles, Caller caller, Optional<String> line, Consumer<Seat> ended) {
    this.consoles = consoles;
    this.caller = caller;
    this.line = line;
    this.ended = ended;
  }

  @Override
  public void setInputStream(InputStream stream) {
    in = activity.watch(stream);
  }

  @Override
  public void setOutputStream(OutputStream stream) {
    out = activity.watch(stream);
  }

  @Override
  public void setErrorStream(OutputStream stream) {
    err = activity.watch(stream);
  }

  @Override
  public void setExitCallback(ExitCallback callback) {
    exit = callback;
  }

  @Override
  public void start(ChannelSession channel, Environment env) {
    environment = env.getEnv();
    terminal = environment.containsKey(Environment.ENV_TERM);
    env.addSignalListener((on, signal) -> resize(), Signal.WINCH);
    Thread thread = new Thread(this::runToTheEnd, "ssh-" + caller.name());
    thread.setDaemon(true);
    thread.start();
  }

  /** The client has gone, or the connection is closed. */
  @Override
  public void destroy(ChannelSession channel) {
    hangUp();
  }

  /** Ends it; any thread. */
  void hangUp() {
    gone = true;
    ConsoleSession open = session;
    if (open != null) {
      open.hangUp();
    }
  }

  /** How long nothing has gone through; a line that runs for a script is never idle. */
  long idleNanos() {
    return terminal || line.isEmpty() ? activity.idleNanos() : 0;
  }

  private void runToTheEnd() {
    int status = 1;
    try {
      status = terminal ? atTerminal() : line.isPresent() ? execute(line.get(), in) : script();
    } catch (IOException e) {
      LOG.debug("SSH session ended user={}", caller.name(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("SSH session failed caller={}", caller, e);
    } finally {
      ended.accept(this);
      leave(status);
    }
  }

  private int atTerminal() throws IOException, InterruptedException {
    while (true) {
      Optional<Console> console = consoles.await(PATIENCE);
      if (console.isEmpty() || gone) {
        return unavailable();
      }
      int status =
          run(
              console
                  .get()
                  .terminal(
                      caller,
                      line,
                      environment.getOrDefault(Environment.ENV_TERM, "xterm"),
                      number(Environment.ENV_COLUMNS),
                      number(Environment.ENV_LINES),
                      in,
                      out));
      if (gone) {
        return status == 0 ? UNAVAILABLE : status; // Sent away, which is no success.
      }
      if (line.isPresent() || consoles.isCurrent(console.get())) {
        return status;
      }
      say(out, "\r\nThe console is being replaced.\r\n");
    }
  }

  private int execute(String text, InputStream input) throws IOException, InterruptedException {
    Optional<Console> console = consoles.await(PATIENCE);
    return console.isEmpty() || gone
        ? unavailable()
        : run(console.get().execute(caller, text, input, out, err));
  }

  /** Lines without a terminal: run one after the other, as a shell does. */
  private int script() throws IOException, InterruptedException {
    int status = 0;
    for (Optional<String> text = readLine(); text.isPresent() && !gone; text = readLine()) {
      String trimmed = text.get().strip();
      if (trimmed.equals("exit")) {
        break;
      }
      if (!trimmed.isEmpty() && !trimmed.startsWith("#")) {
        status = execute(trimmed, new ByteArrayInputStream(new byte[0]));
      }
    }
    return status;
  }

  private Optional<String> readLine() throws IOException {
    var bytes = new java.io.ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        return bytes.size() == 0
            ? Optional.empty()
            : Optional.of(bytes.toString(StandardCharsets.UTF_8));
      }
      bytes.write(b);
      if (bytes.size() > MAX_LINE) {
        throw new IOException("line too long (expected: at most " + MAX_LINE + " bytes)");
      }
    }
    return Optional.of(bytes.toString(StandardCharsets.UTF_8));
  }

  private int run(ConsoleSession opened) {
    session = opened;
    if (gone) {
      opened.hangUp();
    }
    return opened.run();
  }

  private void resize() {
    ConsoleSession open = session;
    if (open != null) {
      open.resize(number(Environment.ENV_COLUMNS), number(Environment.ENV_LINES));
    }
  }

  private int number(String name) {
    String text = environment.getOrDefault(name, "");
    return text.matches("\\d{1,5}") ? Integer.parseInt(text) : 0;
  }

  private int unavailable() throws IOException {
    say(err, "margay: no console at the moment\n");
    return UNAVAILABLE;
  }

  private static void say(OutputStream stream, String text) throws IOException {
    stream.write(text.getBytes(StandardCharsets.UTF_8));
    stream.flush();
  }

  private void leave(int status) {
    try {
      out.flush();
      err.flush();
    } catch (IOException e) {
      LOG.debug("SSH client left before its output user={}", caller.name(), e);
    }
    exit.onExit(status);
  }
}
