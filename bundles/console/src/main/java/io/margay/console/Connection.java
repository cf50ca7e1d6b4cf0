// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The frames of one client.
 *
 * <p>A thread of its own writes to the socket: commands are interrupted by Ctrl-C, and an interrupt
 * during a write by the command's thread would close the channel. The queue in between is short, so
 * that a command waits for a reader that is slow.
 */
final class Connection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
  private static final int QUEUED_FRAMES = 16;
  private static final int CHUNK_BYTES = 1 << 16;
  private static final Frame END = new Frame((char) 0, new byte[0]);

  private final SocketChannel channel;
  private final DataInputStream in;
  private final BlockingQueue<Frame> outgoing = new ArrayBlockingQueue<>(QUEUED_FRAMES);
  private final Thread writer;
  private volatile boolean closed;

  Connection(SocketChannel channel, String name) {
    this.channel = channel;
    this.in = new DataInputStream(new BufferedInputStream(SocketStreams.input(channel)));
    this.writer = new Thread(this::writeQueued, name + "-out");
    this.writer.setDaemon(true);
    this.writer.start();
  }

  /** The next frame of the client; blocks. Called by one thread that nobody interrupts. */
  Frame read() throws IOException {
    return Frame.read(in);
  }

  /** Queues a frame; waits while the client does not read. */
  void send(Frame frame) throws IOException {
    try {
      while (!closed) {
        if (outgoing.offer(frame, 100, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    }
    throw new IOException("the client has gone");
  }

  /** A stream whose bytes go to the client in frames of this type. Not buffered. */
  OutputStream stream(char type) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        for (int done = 0; done < length; done += CHUNK_BYTES) {
          int from = offset + done;
          int to = from + Math.min(CHUNK_BYTES, length - done);
          send(new Frame(type, Arrays.copyOfRange(bytes, from, to)));
        }
      }
    };
  }

  /** Sends the exit status after all output, then closes. */
  void exit(int status) {
    boolean interrupted = Thread.interrupted();
    try {
      send(new Frame(Frame.EXIT, new byte[] {(byte) status}));
      send(END);
      writer.join(TimeUnit.SECONDS.toMillis(5));
    } catch (IOException | InterruptedException e) {
      interrupted |= e instanceof InterruptedException; // Else the client left: nobody to tell.
    } finally {
      close();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("Closing a console connection failed", e);
    }
    writer.interrupt();
  }

  private void writeQueued() {
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(SocketStreams.output(channel), 8192))) {
      for (Frame frame = outgoing.take(); frame != END; frame = outgoing.take()) {
        frame.write(out);
        if (outgoing.isEmpty()) {
          out.flush();
        }
      }
    } catch (IOException | InterruptedException e) {
      closed = true; // The client has gone, or close() was called; senders learn it by the flag.
    }
  }
}
