// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import io.margay.api.console.Caller;
import java.io.IOException;
import java.io.StringReader;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.sshd.common.config.keys.AuthorizedKeyEntry;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntryResolver;
import org.apache.sshd.server.auth.AsyncAuthException;
import org.apache.sshd.server.auth.password.PasswordAuthenticator;
import org.apache.sshd.server.auth.pubkey.PublickeyAuthenticator;
import org.apache.sshd.server.session.ServerSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who may come in. Nothing that a client can see or time tells whether a user exists.
 *
 * <p>Passwords are checked one at a time, so that an attack takes one processor at most, and that
 * for as long as {@link Gate#hasTime}.
 */
final class Logins implements PasswordAuthenticator, PublickeyAuthenticator {
  private static final Logger LOG = LoggerFactory.getLogger(Logins.class);

  private final Users users;
  private final Gate gate;
  private final Links links;
  private final Supplier<Settings> settings;
  private final Object oneAtATime = new Object();

  Logins(Users users, Gate gate, Links links, Supplier<Settings> settings) {
    this.users = users;
    this.gate = gate;
    this.links = links;
    this.settings = settings;
  }

  @Override
  public boolean authenticate(String name, String password, ServerSession session)
      throws AsyncAuthException {
    Link link = Links.of(session);
    Optional<User> user = find(name);
    synchronized (oneAtATime) {
      boolean right =
          gate.hasTime()
              && gate.admits(link.address())
              && Passwords.matches(password, user.flatMap(User::hash));
      if (!right) {
        gate.wrongPassword();
        links.failed(link);
        return false;
      }
    }
    return mayEnter(user.orElseThrow(), link);
  }

  /** Asked for a key that is offered, and again for one that signed; both before it is proven. */
  @Override
  public boolean authenticate(String name, PublicKey key, ServerSession session) {
    Optional<User> user = find(name);
    return user.isPresent() && hasKey(user.get(), key) && mayEnter(user.get(), Links.of(session));
  }

  private boolean mayEnter(User user, Link link) {
    if (links.all().stream().filter(Link::isKnown).count() >= settings.get().maxSessions()) {
      LOG.warn("SSH login refused user={}: too many sessions", user.name());
      return false;
    }
    link.claim(Caller.of(user.name(), "ssh " + link.address().getHostAddress(), user.role()));
    return true;
  }

  private Optional<User> find(String name) {
    try {
      return users.find(name);
    } catch (IOException e) {
      LOG.error("SSH users not readable: nobody can log in: {}", e.getMessage());
      return Optional.empty();
    }
  }

  private boolean hasKey(User user, PublicKey offered) {
    try {
      for (AuthorizedKeyEntry entry :
          AuthorizedKeyEntry.readAuthorizedKeys(new StringReader(users.keysOf(user)), true)) {
        if (!entry.getLoginOptions().isEmpty()) {
          LOG.warn("SSH key not taken user={}: options are not supported", user.name());
        } else if (KeyUtils.compareKeys(
            offered, entry.resolvePublicKey(null, PublicKeyEntryResolver.IGNORING))) {
          return true;
        }
      }
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      LOG.error("SSH keys not readable user={}: {}", user.name(), e.getMessage());
    }
    return false;
  }
}
