// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.transport;

import io.margay.bgp.rib.Outlet;
import io.margay.bgp.session.Connection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * A connection on the speaker's event loop. What arrives is put together with what was left of the
 * bytes before, in an array that all connections share. Confined to the loop's thread.
 */
final class TcpConnection extends ChannelInboundHandlerAdapter implements Connection {
  /** For what was sent last, such as a NOTIFICATION, to reach the peer. */
  private static final int CLOSE_SECONDS = 2;

  private static final byte[] NOTHING = {};

  private final EpollSocketChannel channel;
  private final Inbox inbox;
  private final InetSocketAddress local;
  private final InetSocketAddress remote;
  private Listener listener;
  private byte[] rest = NOTHING;
  private boolean isClosing;
  private long lastPending;
  private long lastProgressNanos = System.nanoTime();

  TcpConnection(EpollSocketChannel channel, Inbox inbox) {
    this.channel = channel;
    this.inbox = inbox;
    local = channel.localAddress();
    remote = channel.remoteAddress();
  }

  /** Bytes that may be sent to many. */
  private record Buffer(ByteBuf bytes) implements Outlet.Shared {
    @Override
    public void release() {
      bytes.release();
    }
  }

  void listen(Listener to) {
    listener = to;
    channel.config().setAutoRead(true);
  }

  SocketChannel channel() {
    return channel;
  }

  // --- what arrives ---

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      if (!isClosing) {
        int length = in.readableBytes();
        byte[] bytes = inbox.bytes(rest.length + length);
        System.arraycopy(rest, 0, bytes, 0, rest.length);
        in.readBytes(bytes, rest.length, length);
        int end = rest.length + length;
        int consumed = listener.received(bytes, 0, end);
        rest = consumed == end ? NOTHING : java.util.Arrays.copyOfRange(bytes, consumed, end);
      }
    } finally {
      in.release();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    notifyClosed("the connection was closed");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    notifyClosed(String.valueOf(cause.getMessage()));
    channel.close();
  }

  private void notifyClosed(String reason) {
    if (!isClosing && listener != null) {
      isClosing = true;
      listener.closed(reason);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (channel.isWritable() && !isClosing && listener != null) {
      listener.writable();
    }
  }

  // --- what is sent ---

  @Override
  public void send(byte[] message) {
    channel.writeAndFlush(Unpooled.wrappedBuffer(message), channel.voidPromise());
  }

  @Override
  public Outlet.Shared share(byte[] bytes, int length) {
    return new Buffer(channel.alloc().directBuffer(length, length).writeBytes(bytes, 0, length));
  }

  @Override
  public void send(Outlet.Shared bytes, int from, int to) {
    ByteBuf slice = ((Buffer) bytes).bytes().retainedSlice(from, to - from);
    channel.write(slice, channel.voidPromise());
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public long lastProgressNanos() {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    long pending = buffer == null ? 0 : buffer.totalPendingWriteBytes();
    if (pending == 0 || pending < lastPending) {
      lastProgressNanos = System.nanoTime();
    }
    lastPending = pending;
    return lastProgressNanos;
  }

  /** After what was sent, but in no case later than {@link #CLOSE_SECONDS}. */
  @Override
  public void close() {
    if (isClosing) {
      return;
    }
    isClosing = true;
    rest = NOTHING;
    if (!channel.isActive()) {
      channel.close();
      return;
    }
    // Closing while there is something to read would make the kernel throw away what was sent.
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> channel.shutdownOutput());
    channel.config().setAutoRead(true);
    channel.eventLoop().schedule(() -> channel.close(), CLOSE_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public InetSocketAddress local() {
    return local;
  }

  @Override
  public InetSocketAddress remote() {
    return remote;
  }
}
