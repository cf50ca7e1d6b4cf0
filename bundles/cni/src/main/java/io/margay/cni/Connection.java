// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call on the socket, framed as {@link RawCall} says. Used by one thread at a time; nothing
 * blocks beyond its deadline.
 */
final class Connection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  private final SocketChannel channel;

  /**
   * @param channel accepted and not blocking
   */
  Connection(SocketChannel channel) {
    this.channel = channel;
  }

  /**
   * Reads the call; empty when the client ended without one, as who only looks whether somebody
   * listens.
   *
   * @throws IOException when the client went meanwhile, was too slow, or sent what is no call
   */
  Optional<RawCall> read(Deadline deadline) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(Integer.BYTES);
    Optional<Integer> first = readSome(header, deadline);
    if (first.isPresent() && first.get() < 0) {
      return Optional.empty();
    }
    fill(header, deadline);
    int size = header.getInt(0);
    if (size < 1 || size > RawCall.MAX_BYTES) {
      throw new IOException("call: " + size + " bytes (expected: 1.." + RawCall.MAX_BYTES + ")");
    }
    ByteBuffer body = ByteBuffer.allocate(size);
    fill(body, deadline);
    try {
      return Optional.of(RawCall.decode(body.array()));
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Whether the client ended, which it does not before it has its answer unless it was killed. */
  boolean isGone() {
    try {
      return channel.read(ByteBuffer.allocate(1)) < 0;
    } catch (IOException e) {
      return true;
    }
  }

  /**
   * Sends the answer and waits until the client has read it all.
   *
   * @throws IOException when the client ended before that
   */
  void answer(Answer answer, Deadline deadline) throws IOException {
    byte[] output = answer.output();
    ByteBuffer frame = ByteBuffer.allocate(Integer.BYTES + 1 + output.length);
    frame.putInt(1 + output.length).put((byte) answer.status()).put(output).flip();
    while (frame.hasRemaining()) {
      if (channel.write(frame) == 0) {
        await(SelectionKey.OP_WRITE, deadline);
      }
    }
    // Linux tells a close before everything was read (ECONNRESET) from one after (end of stream).
    Optional<Integer> end = readSome(ByteBuffer.allocate(1), deadline);
    if (end.isPresent() && end.get() >= 0) {
      throw new IOException("the client sends more than one call");
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("CNI connection closed badly reason={}", e.toString());
    }
  }

  private void fill(ByteBuffer buffer, Deadline deadline) throws IOException {
    while (buffer.hasRemaining()) {
      int read =
          readSome(buffer, deadline)
              .orElseThrow(() -> new IOException("the client sent no whole call in time"));
      if (read < 0) {
        throw new IOException("the client ended within its call");
      }
    }
  }

  /** What read(2) gave, at least one byte or -1; empty when the deadline passed. */
  private Optional<Integer> readSome(ByteBuffer buffer, Deadline deadline) throws IOException {
    int read = channel.read(buffer);
    while (read == 0) {
      if (!await(SelectionKey.OP_READ, deadline)) {
        return Optional.empty();
      }
      read = channel.read(buffer);
    }
    return Optional.of(read);
  }

  private boolean await(int operation, Deadline deadline) throws IOException {
    long millis = deadline.millisLeft();
    if (millis == 0) {
      return false;
    }
    try (Selector selector = Selector.open()) {
      channel.register(selector, operation);
      return selector.select(millis) > 0;
    }
  }
}
