// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.session;

import io.margay.bgp.codec.BgpException;
import io.margay.bgp.codec.Notification;
import io.margay.bgp.codec.RouteRefresh;
import java.util.Optional;
import java.util.function.Consumer;

/** What a session is part of. Called on the speaker's thread. */
public interface SessionHost {
  /** Why a session has ended. */
  record End(Optional<Notification> sent, Optional<Notification> received, String reason) {}

  /**
   * Begins to connect.
   *
   * @param done called with the connection, or with the reason why there is none
   * @return gives up
   */
  Runnable connect(Consumer<Connection> done, Consumer<String> failed);

  /** Takes over a connection's bytes from now on. */
  void listen(Connection connection, Connection.Listener listener);

  void established(Connection connection, Negotiated negotiated);

  /** An UPDATE, whole and with a right header. */
  void update(byte[] bytes, int from, int to) throws BgpException;

  void refresh(RouteRefresh refresh);

  /** The peer reads again. */
  void writable();

  /** The session was up, and is no more. */
  void down(End end);

  /** It has entered another state, or an attempt has failed. */
  void changed();
}
