// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.transport;

import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.bgp.session.Connection;
import io.margay.bgp.session.Timers;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * TCP for the speaker: one event loop, whose thread {@code bgp} is the only one that touches the
 * speaker's state. Methods are called on that thread, but for {@link #execute} and {@link #close}.
 */
public final class Transport implements Timers, Executor {
  private static final int CONNECT_MILLIS = 10_000;
  private static final int BACKLOG = 1024;
  private static final double LISTEN_RETRY_SECONDS = 2;
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(256 * 1024, 1024 * 1024);

  /** One arena of small chunks: there is one thread. */
  private final PooledByteBufAllocator allocator =
      new PooledByteBufAllocator(true, 0, 1, 8192, 7, 0, 64, false);

  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop loop;
  private final Inbox inbox = new Inbox();
  private final Map<InetSocketAddress, Channel> listeners = new HashMap<>();
  private final Map<InetSocketAddress, String> listenFailures = new LinkedHashMap<>();
  private Map<InetAddress, byte[]> keys = Map.of();

  public Transport() {
    group =
        new MultiThreadIoEventLoopGroup(
            1,
            task -> {
              Thread thread = new Thread(task, "bgp");
              thread.setDaemon(true);
              return thread;
            },
            EpollIoHandler.newFactory());
    loop = group.next();
  }

  /** Runs a task on the speaker's thread, after what is under way. Any thread may call it. */
  @Override
  public void execute(Runnable task) {
    loop.execute(task);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Timer schedule(long delayNanos, Runnable task) {
    Future<?> future = loop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  @Override
  public double random() {
    return ThreadLocalRandom.current().nextDouble();
  }

  // --- listening ---

  private static SocketProtocolFamily protocol(InetAddress address) {
    return IpFamily.of(address) == IpFamily.IPV4
        ? SocketProtocolFamily.INET
        : SocketProtocolFamily.INET6;
  }

  /**
   * Listens on these addresses and on no others; those that stay are not touched. One that cannot
   * be listened on, because it is another process's or not there, is tried again and again.
   *
   * @param accepted gets each connection, of which nothing is read before it is listened to
   * @param changed called when {@link #listenFailures} has changed
   */
  public void listen(
      List<InetSocketAddress> addresses, Consumer<Connection> accepted, Runnable changed) {
    List<InetSocketAddress> gone = new ArrayList<>(listeners.keySet());
    gone.removeAll(addresses);
    gone.forEach(address -> listeners.remove(address).close());
    listenFailures.keySet().retainAll(addresses);
    for (InetSocketAddress address : addresses) {
      if (!listeners.containsKey(address)) {
        bind(address, accepted, changed);
      }
    }
  }

  /** What cannot be listened on, in words. */
  public List<String> listenFailures() {
    return List.copyOf(listenFailures.values());
  }

  private void bind(InetSocketAddress address, Consumer<Connection> accepted, Runnable changed) {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loop)
            .channelFactory(() -> new EpollServerSocketChannel(protocol(address.getAddress())))
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.ALLOCATOR, allocator)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<EpollSocketChannel>() {
                  @Override
                  protected void initChannel(EpollSocketChannel channel) {
                    channel.pipeline().addLast(new Acceptor(accepted));
                  }
                });
    if (IpFamily.of(address.getAddress()) == IpFamily.IPV6) {
      bootstrap.option(SocketOptions.IPV6_V6ONLY, 1);
    }
    if (!keys.isEmpty()) {
      bootstrap.option(EpollChannelOption.TCP_MD5SIG, keysFor(address.getAddress()));
    }
    ChannelFuture bound = bootstrap.bind(address);
    Channel channel = bound.channel();
    listeners.put(address, channel);
    bound.addListener(
        done -> {
          boolean isWanted = listeners.get(address) == channel;
          if (done.isSuccess()) {
            listenFailures.remove(address);
            changed.run();
          } else if (isWanted) {
            listenFailures.put(
                address, "cannot listen on " + text(address) + ": " + reason(done.cause()));
            changed.run();
            inSeconds(LISTEN_RETRY_SECONDS, () -> bindAgain(address, channel, accepted, changed));
          }
        });
  }

  private void bindAgain(
      InetSocketAddress address, Channel failed, Consumer<Connection> accepted, Runnable changed) {
    if (listeners.get(address) == failed) {
      bind(address, accepted, changed);
    }
  }

  private static String text(InetSocketAddress address) {
    return Ip.text(address.getAddress()) + " port " + address.getPort();
  }

  /** Hands over a connection when it is active: only then its addresses are known. */
  private final class Acceptor extends ChannelInboundHandlerAdapter {
    private final Consumer<Connection> accepted;

    Acceptor(Consumer<Connection> accepted) {
      this.accepted = accepted;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      TcpConnection connection = new TcpConnection((EpollSocketChannel) context.channel(), inbox);
      context.pipeline().replace(this, "bgp", connection);
      accepted.accept(connection);
    }
  }

  /** Passwords of peers that connect to us. A change holds for connections that come. */
  public void setPasswords(Map<InetAddress, String> passwords) {
    Map<InetAddress, byte[]> changed = new HashMap<>();
    passwords.forEach((peer, word) -> changed.put(peer, bytes(word)));
    keys = changed;
    listeners.forEach(
        (address, channel) ->
            channel
                .config()
                .setOption(EpollChannelOption.TCP_MD5SIG, keysFor(address.getAddress())));
  }

  private Map<InetAddress, byte[]> keysFor(InetAddress listener) {
    Map<InetAddress, byte[]> sameFamily = new HashMap<>(keys);
    sameFamily.keySet().removeIf(peer -> IpFamily.of(peer) != IpFamily.of(listener));
    return sameFamily;
  }

  private static byte[] bytes(String password) {
    return password.getBytes(StandardCharsets.UTF_8);
  }

  // --- connecting ---

  /**
   * Begins to connect.
   *
   * @param source our end; empty to let the kernel choose
   * @return gives up
   */
  public Runnable connect(
      InetSocketAddress remote,
      Optional<InetAddress> source,
      SocketOptions options,
      Consumer<Connection> done,
      Consumer<String> failed) {
    InetAddress peer = remote.getAddress();
    IpFamily family = IpFamily.of(peer);
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channelFactory(() -> new EpollSocketChannel(protocol(peer)))
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
            .option(ChannelOption.ALLOCATOR, allocator)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(SocketOptions.ttl(family), SocketOptions.ttl())
            .handler(new ChannelInboundHandlerAdapter());
    if (options.leastTtl() > 0) {
      bootstrap.option(SocketOptions.minTtl(family), options.leastTtl());
    }
    options
        .password()
        .ifPresent(
            word -> bootstrap.option(EpollChannelOption.TCP_MD5SIG, Map.of(peer, bytes(word))));
    ChannelFuture connecting =
        source.isPresent()
            ? bootstrap.connect(remote, new InetSocketAddress(source.get(), 0))
            : bootstrap.connect(remote);
    connecting.addListener(
        (ChannelFuture future) -> {
          if (future.isSuccess()) {
            EpollSocketChannel channel = (EpollSocketChannel) future.channel();
            TcpConnection connection = new TcpConnection(channel, inbox);
            channel.pipeline().removeFirst();
            channel.pipeline().addLast("bgp", connection);
            done.accept(connection);
          } else if (!future.isCancelled()) {
            failed.accept(reason(future.cause()));
          }
        });
    return () -> {
      if (!connecting.isDone()) {
        connecting.cancel(false);
      }
      connecting.channel().close();
    };
  }

  /** Netty puts its function before the reason, and the address behind it. */
  private static String reason(Throwable cause) {
    String text = String.valueOf(cause.getMessage());
    return text.replaceAll("^.* failed( with error\\(-?[0-9]+\\))?: ", "")
        .replaceAll(": [^ ]*/\\[?[0-9a-fA-F:.%a-z]+\\]?:[0-9]+$", "");
  }

  // --- each connection ---

  /** Hears a connection's bytes from now on. */
  public void listenTo(Connection connection, Connection.Listener listener) {
    ((TcpConnection) connection).listen(listener);
  }

  /** Makes a connection that came be as the peer's options say; a password it has already. */
  public void apply(Connection connection, SocketOptions options) {
    Channel channel = ((TcpConnection) connection).channel();
    IpFamily family = IpFamily.of(connection.remote().getAddress());
    channel.config().setOption(SocketOptions.ttl(family), SocketOptions.ttl());
    channel.config().setOption(SocketOptions.minTtl(family), options.leastTtl());
  }

  /** Signs with another password from now on. */
  public void changePassword(Connection connection, String password) {
    InetAddress peer = connection.remote().getAddress();
    ((TcpConnection) connection)
        .channel()
        .config()
        .setOption(EpollChannelOption.TCP_MD5SIG, Map.of(peer, bytes(password)));
  }

  /** Ends the thread, and waits for it; connections that are open are cut. */
  public void close() {
    group.shutdownGracefully(0, 3, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}
