// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.CommandSpec.Role;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code ssh:passwd}: adds a user, or changes password and role of one. */
@Component
public final class SshPasswd implements Command {
  private static final String NAME = "name";
  private static final String ROLE = "role";
  private static final String NONE = "keys-only";

  /** Says what was made; the password is there when we made it. */
  private record Row(String name, Role role, Optional<String> password) {}

  private final SshConsole console;

  @Activate
  public SshPasswd(@Reference SshConsole console) {
    this.console = console;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("ssh", "passwd", "add a user of the console over SSH, or change one")
        .changing()
        .withArgument(NAME, "name of the user")
        .withOption(ROLE, "ROLE", "viewer, operator or admin; viewer unless there is one already")
        .withFlag(NONE, "no password: keys alone")
        .withRows(Row.class)
        .withExample("ssh:passwd alice --role operator")
        .withExample("ssh:passwd bob --keys-only");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(ROLE) ? List.of("viewer", "operator", "admin") : List.of();
  }

  /** The password is what is piped in; without that one is made and shown, once. */
  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String name = invocation.argument(NAME);
    if (!name.matches(User.NAME)) {
      throw new CommandException("NAME: " + name + " (expected: " + User.NAME + ")", 2);
    }
    try {
      Role role = role(invocation, console.users().find(name).map(User::role));
      Optional<String> made = Optional.empty();
      Optional<String> hash = Optional.empty();
      if (!invocation.has(NONE)) {
        String given = given(invocation);
        made = given.isEmpty() ? Optional.of(Passwords.random()) : Optional.empty();
        hash = Optional.of(Passwords.hash(made.orElse(given)));
      }
      console.users().put(new User(name, role, hash));
      String text = name + " is " + role.name().toLowerCase(Locale.ROOT);
      output.result(
          made.map(password -> text + "; password, shown only now: " + password).orElse(text),
          new Row(name, role, made));
    } catch (IOException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  private static Role role(Invocation invocation, Optional<Role> present) throws CommandException {
    Optional<String> given = invocation.value(ROLE);
    if (given.isEmpty()) {
      return present.orElse(Role.VIEWER);
    }
    try {
      return Role.valueOf(given.get().toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new CommandException(
          "--role: " + given.get() + " (expected: viewer, operator or admin)", 2);
    }
  }

  private static String given(Invocation invocation) throws CommandException {
    byte[] input = invocation.input();
    String password = new String(input, StandardCharsets.UTF_8).lines().findFirst().orElse("");
    int bytes = password.getBytes(StandardCharsets.UTF_8).length;
    if (input.length > 0
        && (password.length() < Passwords.MIN_LENGTH || bytes > Passwords.MAX_BYTES)) {
      throw new CommandException(
          "password: "
              + password.length()
              + " characters (expected: at least "
              + Passwords.MIN_LENGTH
              + ", at most "
              + Passwords.MAX_BYTES
              + " bytes)",
          2);
    }
    return password;
  }
}
