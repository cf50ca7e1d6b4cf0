// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections that are open. Strangers, who have not logged in yet, are few at a time; one who
 * leaves as a stranger has failed.
 */
final class Links implements SessionListener {
  private static final Logger LOG = LoggerFactory.getLogger(Links.class);
  private static final int MAX_STRANGERS = 16;

  private final Map<Session, Link> links = new ConcurrentHashMap<>();
  private final Gate gate;
  private final Supplier<Settings> settings;

  Links(Gate gate, Supplier<Settings> settings) {
    this.gate = gate;
    this.settings = settings;
  }

  Collection<Link> all() {
    return links.values();
  }

  static Link of(Session session) {
    return session.getAttribute(Link.KEY);
  }

  /**
   * Asked before a byte is read.
   *
   * @throws IOException when nobody from there is let in now
   */
  void admit(SocketAddress remote) throws IOException {
    if (!gate.admits(address(remote))) {
      throw new IOException("not let in");
    }
    if (links.values().stream().filter(link -> !link.isKnown()).count() >= MAX_STRANGERS) {
      throw new IOException("too many that have not logged in");
    }
  }

  @Override
  public void sessionCreated(Session session) {
    Link link = new Link(session, address(session.getIoSession().getRemoteAddress()));
    session.setAttribute(Link.KEY, link);
    links.put(session, link);
  }

  @Override
  public void sessionEvent(Session session, Event event) {
    if (event == Event.Authenticated) {
      Link link = of(session);
      link.proven();
      gate.succeeded(link.address());
      LOG.info("SSH login caller=\"{}\"", link.caller().orElseThrow());
    }
  }

  @Override
  public void sessionClosed(Session session) {
    Link link = links.remove(session);
    if (link == null) {
      return;
    }
    if (link.isKnown()) {
      LOG.info("SSH logout caller=\"{}\"", link.caller().orElseThrow());
    } else if (!link.isCounted()) {
      failed(link);
    }
    link.seats().forEach(Seat::hangUp);
  }

  /** A login failed here. */
  void failed(Link link) {
    link.counted();
    gate.failed(
        link.address(), settings.get().failures(), Duration.ofSeconds(settings.get().banSeconds()));
  }

  private static InetAddress address(SocketAddress remote) {
    return ((InetSocketAddress) remote).getAddress();
  }
}
