// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.session;

import io.margay.api.net.Ip;
import io.margay.bgp.codec.Message;
import io.margay.bgp.codec.Notification;
import io.margay.bgp.rib.Outlet;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One end of a connection within a test; what is sent arrives as the other end's next task. */
final class Pipe implements Connection {
  private final ManualTimers timers;
  private Pipe other;
  private Listener listener;
  private byte[] inbox = {};
  private boolean isClosed;
  private boolean isWritable = true;
  private final List<byte[]> sent = new ArrayList<>();

  private Pipe(ManualTimers timers) {
    this.timers = timers;
  }

  static Pipe[] pair(ManualTimers timers) {
    Pipe[] ends = {new Pipe(timers), new Pipe(timers)};
    ends[0].other = ends[1];
    ends[1].other = ends[0];
    return ends;
  }

  void listen(Listener to) {
    listener = to;
    timers.schedule(0, this::deliver);
  }

  private void deliver() {
    if (listener != null && inbox.length > 0) {
      byte[] bytes = inbox;
      inbox = new byte[0];
      int consumed = listener.received(bytes, 0, bytes.length);
      byte[] rest = Arrays.copyOfRange(bytes, consumed, bytes.length);
      inbox = joined(rest, inbox);
    }
  }

  private static byte[] joined(byte[] a, byte[] b) {
    byte[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }

  @Override
  public void send(byte[] message) {
    sent.add(message);
    timers.schedule(
        0,
        () -> {
          other.inbox = joined(other.inbox, message);
          other.deliver();
        });
  }

  @Override
  public void close() {
    if (!isClosed) {
      isClosed = true;
      timers.schedule(0, () -> other.lost("closed"));
    }
  }

  /** The other end, or the network, is gone. */
  void lost(String reason) {
    if (!isClosed && listener != null) {
      isClosed = true;
      listener.closed(reason);
    }
  }

  boolean isClosed() {
    return isClosed;
  }

  void stopReading() {
    isWritable = false;
  }

  /** Types of the messages that were sent, a NOTIFICATION with its codes. */
  List<String> sent() {
    List<String> texts = new ArrayList<>();
    for (byte[] message : sent) {
      int type = Message.type(message, 0);
      Notification n = Message.notification(message, 0, message.length);
      texts.add(type == Message.NOTIFICATION ? n.code() + "/" + n.subcode() : "type " + type);
    }
    return texts;
  }

  @Override
  public Outlet.Shared share(byte[] bytes, int length) {
    throw new UnsupportedOperationException("a session sends messages only");
  }

  @Override
  public void send(Outlet.Shared bytes, int from, int to) {
    throw new UnsupportedOperationException("a session sends messages only");
  }

  @Override
  public void flush() {
    // Sent at once.
  }

  @Override
  public boolean isWritable() {
    return isWritable;
  }

  @Override
  public long lastProgressNanos() {
    return isWritable ? timers.nanoTime() : 0;
  }

  @Override
  public InetSocketAddress local() {
    return new InetSocketAddress(Ip.parse("10.0.0.1"), 179);
  }

  @Override
  public InetSocketAddress remote() {
    return new InetSocketAddress(Ip.parse("10.0.0.2"), 179);
  }
}
