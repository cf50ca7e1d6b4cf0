// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import java.io.IOException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.RequestHandler;
import org.apache.sshd.common.compression.BuiltinCompressions;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.global.KeepAliveHandler;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.kex.BuiltinDHFactories;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.signature.BuiltinSignatures;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.ServerBuilder;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.UserAuthFactory;
import org.apache.sshd.server.auth.password.UserAuthPasswordFactory;
import org.apache.sshd.server.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.channel.ChannelSessionFactory;
import org.apache.sshd.server.forward.RejectAllForwardingFilter;
import org.apache.sshd.server.global.NoMoreSessionsHandler;
import org.apache.sshd.server.session.ServerSessionImpl;
import org.apache.sshd.server.session.SessionFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The SSH server: channels with a console in them, and nothing else that SSH can. */
final class SshListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SshListener.class);
  private static final int MAX_CHANNELS = 4;
  private static final int MAX_TRIES = 6;
  private static final int IO_THREADS = 2;

  private final SshServer server;
  private final Links links;
  private final String fingerprint;
  private final Supplier<Settings> settings;
  private final ScheduledExecutorService clock;

  SshListener(Users users, Gate gate, Consoles consoles, Supplier<Settings> settings)
      throws IOException {
    this.settings = settings;
    this.links = new Links(gate, settings);
    users.prepare();
    Ed25519.register();
    KeyPair key = HostKey.loadOrMake(users.directory().resolve("host_key"));
    this.fingerprint = KeyUtils.getFingerPrint(key.getPublic());
    this.server = server(key, settings.get().passwords());
    Logins logins = new Logins(users, gate, links, settings);
    server.setPasswordAuthenticator(logins);
    server.setPublickeyAuthenticator(logins);
    server.setShellFactory(channel -> seat(consoles, channel, Optional.empty()));
    server.setCommandFactory((channel, line) -> seat(consoles, channel, Optional.of(line)));
    server.addSessionListener(links);
    server.setSessionFactory(new Doorkeeper(server, links));
    server.setHost(settings.get().host());
    server.setPort(settings.get().port());
    CoreModuleProperties.AUTH_TIMEOUT.set(
        server, Duration.ofSeconds(settings.get().loginSeconds()));
    server.start();
    this.clock =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "ssh-idle");
              thread.setDaemon(true);
              return thread;
            });
    clock.scheduleWithFixedDelay(this::endIdle, 1, 1, TimeUnit.SECONDS);
    LOG.info(
        "SSH ready host={} port={} key={}",
        settings.get().host(),
        settings.get().port(),
        fingerprint);
  }

  Links links() {
    return links;
  }

  /** Of the node's key, as ssh prints it. */
  String fingerprint() {
    return fingerprint;
  }

  /** Sends everybody away and gives the port back. */
  @Override
  public void close() throws IOException {
    clock.shutdownNow();
    links.all().forEach(link -> link.seats().forEach(Seat::hangUp));
    server.stop(true);
  }

  private static SshServer server(KeyPair key, boolean passwords) {
    SshServer server =
        ServerBuilder.builder()
            .keyExchangeFactories(
                NamedFactory.setUpTransformedFactories(
                    true,
                    List.of(
                        BuiltinDHFactories.curve25519,
                        BuiltinDHFactories.curve25519_libssh,
                        BuiltinDHFactories.ecdhp256,
                        BuiltinDHFactories.ecdhp384,
                        BuiltinDHFactories.ecdhp521),
                    ServerBuilder.DH2KEX))
            .signatureFactories(
                List.of(
                    BuiltinSignatures.ed25519,
                    BuiltinSignatures.nistp256,
                    BuiltinSignatures.nistp384,
                    BuiltinSignatures.nistp521,
                    BuiltinSignatures.rsaSHA512,
                    BuiltinSignatures.rsaSHA256))
            .compressionFactories(List.of(BuiltinCompressions.none))
            .channelFactories(List.of(new PlainChannels()))
            .globalRequestHandlers(
                List.of(KeepAliveHandler.INSTANCE, NoMoreSessionsHandler.INSTANCE))
            .forwardingFilter(RejectAllForwardingFilter.INSTANCE)
            .build();
    server.setKeyPairProvider(KeyPairProvider.wrap(key));
    UserAuthFactory keys = UserAuthPublicKeyFactory.INSTANCE;
    server.setUserAuthFactories(
        passwords ? List.of(keys, UserAuthPasswordFactory.INSTANCE) : List.of(keys));
    server.setSubsystemFactories(List.of());
    CoreModuleProperties.MAX_AUTH_REQUESTS.set(server, MAX_TRIES);
    CoreModuleProperties.MAX_CONCURRENT_CHANNELS.set(server, MAX_CHANNELS);
    CoreModuleProperties.NIO_WORKERS.set(server, IO_THREADS);
    CoreModuleProperties.IDLE_TIMEOUT.set(server, Duration.ZERO); // Keep-alives are no activity.
    CoreModuleProperties.SERVER_IDENTIFICATION.set(server, "Margay");
    CoreModuleProperties.TCP_NODELAY.set(server, true);
    CoreModuleProperties.SOCKET_KEEPALIVE.set(server, true);
    return server;
  }

  private Seat seat(Consoles consoles, ChannelSession channel, Optional<String> line) {
    Link link = Links.of(channel.getServerSession());
    Seat seat = new Seat(consoles, link.caller().orElseThrow(), line, link::left);
    link.seats().add(seat);
    return seat;
  }

  /** Ends the connections of a user, and says how many there were. */
  int sendAway(String name) {
    List<Link> theirs =
        links.all().stream()
            .filter(link -> link.caller().map(c -> c.name().equals(name)).orElse(false))
            .toList();
    theirs.forEach(link -> end(link, "the user was removed"));
    return theirs.size();
  }

  private void endIdle() {
    long limit = Duration.ofSeconds(settings.get().idleSeconds()).toNanos();
    for (Link link : links.all()) {
      if (link.isKnown() && link.idleNanos() > limit) {
        end(link, "idle for too long");
      }
    }
  }

  private static void end(Link link, String reason) {
    Session session = link.session();
    try {
      LOG.info("SSH session ended caller=\"{}\": {}", link.caller().orElseThrow(), reason);
      session.disconnect(SshConstants.SSH2_DISCONNECT_BY_APPLICATION, reason);
    } catch (IOException e) {
      LOG.debug("SSH session that was idle has gone already", e);
      session.close(true);
    }
  }

  /**
   * Closes connections that are not let in. The library has a listener for that, but leaves the
   * socket of what it refuses open for ever.
   */
  private static final class Doorkeeper extends SessionFactory {
    private final Links links;

    Doorkeeper(SshServer server, Links links) {
      super(server);
      this.links = links;
    }

    @Override
    protected ServerSessionImpl doCreateSession(IoSession connection) throws Exception {
      links.admit(connection.getRemoteAddress());
      return super.doCreateSession(connection);
    }
  }

  /** Channels for a shell or a command; the environment would be kept, and nobody reads it. */
  private static final class PlainChannels extends ChannelSessionFactory {
    @Override
    public ChannelSession createChannel(Session session) {
      return new ChannelSession() {
        @Override
        protected RequestHandler.Result handleEnv(Buffer buffer, boolean wantReply) {
          return RequestHandler.Result.ReplyFailure;
        }

        @Override
        protected RequestHandler.Result handleSubsystem(
            String request, Buffer buffer, boolean wantReply) {
          return RequestHandler.Result.ReplyFailure;
        }

        @Override
        protected RequestHandler.Result handleAgentForwarding(
            String request, Buffer buffer, boolean wantReply) {
          return RequestHandler.Result.ReplyFailure;
        }

        @Override
        protected RequestHandler.Result handleX11Forwarding(
            String request, Buffer buffer, boolean wantReply) {
          return RequestHandler.Result.ReplyFailure;
        }
      };
    }
  }
}
