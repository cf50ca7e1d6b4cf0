// SPDX-License-Identifier: Apache-2.0
package io.margay.core.support;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.node.NodeProperties;
import io.margay.api.resource.Node;
import io.margay.api.resource.NodeAnswer;
import io.margay.api.store.Entry;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.core.query.NodeQueries;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPOutputStream;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** {@code node:support}: one archive of what all nodes that answer can say of themselves. */
@Component(service = Command.class)
public final class NodeSupport implements Command {
  private static final String DEFAULT_SECONDS = "10";
  private static final Duration OWN_PATIENCE = Duration.ofSeconds(5);
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private static final int MAX_NAME = 100;

  private record Row(String node, String outcome, int files) {}

  private final NodeState state;
  private final String self;
  private final Path folder;

  @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
  private volatile Store store;

  @Activate
  public NodeSupport(BundleContext context) {
    state = new NodeState(context);
    self = context.getProperty(NodeProperties.NODE);
    folder = Path.of(context.getProperty(NodeProperties.STATE));
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(
            "node", "support", "write one archive of the state of all nodes, without secrets")
        .changing()
        .withOption(
            "file", "PATH", "a file of this node that does not exist (default: in its state)")
        .withOption("wait", "SECONDS", "how long other nodes may take, 1..60 (default: 10)")
        .withRows(Row.class)
        .withExample("node:support")
        .withExample("node:support --file /root/margay-support.tar.gz");
  }

  @Override
  public void preview(Invocation invocation, Output output) throws CommandException {
    output.message("writes " + file(invocation, nameOf(Instant.now())) + "; nothing else changes");
  }

  private static String nameOf(Instant time) {
    return "margay-support-" + STAMP.format(time);
  }

  private Path file(Invocation invocation, String name) throws CommandException {
    Path file = invocation.value("file").map(Path::of).orElse(folder.resolve(name + ".tar.gz"));
    if (!file.isAbsolute()) {
      throw new CommandException("--file: " + file + " (expected: an absolute path)", 2);
    }
    return file;
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    Instant now = Instant.now();
    String name = nameOf(now);
    Path file = file(invocation, name);
    Map<String, Map<String, String>> nodes = new TreeMap<>();
    Map<String, String> silent = new TreeMap<>();
    askOthers(patience(invocation), nodes, silent);
    nodes.put(self, state.collect(OWN_PATIENCE));
    try {
      write(file, name, now, nodes, silent);
    } catch (FileAlreadyExistsException e) {
      throw new CommandException(file + " exists already", e);
    } catch (IOException e) {
      throw new CommandException(file + ": " + e, e);
    }
    nodes.forEach((node, files) -> output.row(new Row(node, "ok", files.size())));
    silent.forEach((node, why) -> output.row(new Row(node, why, 0)));
    output.message("written to " + file);
  }

  private static Duration patience(Invocation invocation) throws CommandException {
    String text = invocation.value("wait").orElse(DEFAULT_SECONDS);
    if (!text.matches("[1-9]|[1-5]\\d|60")) {
      throw new CommandException("--wait: " + text + " (expected: 1..60)", 2);
    }
    return Duration.ofSeconds(Long.parseLong(text));
  }

  private void askOthers(
      Duration patience, Map<String, Map<String, String>> nodes, Map<String, String> silent)
      throws InterruptedException {
    Store present = store;
    if (present == null) {
      silent.put("(others)", "no store: who they are is not known");
      return;
    }
    Set<String> others = new TreeSet<>();
    try {
      for (Entry entry : present.list(Node.KIND).entries()) {
        others.add(entry.key().name());
      }
      others.remove(self);
      if (!others.isEmpty()) {
        Map<String, NodeAnswer> answers =
            new NodeQueries(present, self, Clock.systemUTC())
                .ask(SupportVerb.VERB, Map.of(), others, patience);
        others.forEach(node -> take(node, answers.get(node), nodes, silent));
      }
    } catch (StoreException e) {
      others.forEach(node -> silent.putIfAbsent(node, "cannot be asked: " + e.getMessage()));
      silent.putIfAbsent("(store)", e.getMessage());
    }
  }

  private static void take(
      String node,
      NodeAnswer answer,
      Map<String, Map<String, String>> nodes,
      Map<String, String> silent) {
    if (answer == null) {
      silent.put(node, "does not answer: does its agent run?");
    } else if (answer.failure().isPresent()) {
      silent.put(node, answer.failure().get());
    } else {
      try {
        nodes.put(node, SupportVerb.files(answer.answer()));
      } catch (IOException | IllegalArgumentException e) {
        silent.put(node, "its answer cannot be read: " + e.getMessage());
      }
    }
  }

  /** Only the agent's user may read it. */
  private void write(
      Path file,
      String name,
      Instant now,
      Map<String, Map<String, String>> nodes,
      Map<String, String> silent)
      throws IOException {
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (TarWriter tar =
        new TarWriter(
            new GZIPOutputStream(Files.newOutputStream(file, StandardOpenOption.WRITE)), now)) {
      tar.add(name, "README.txt", bytes(readMe(now, nodes, silent)));
      for (Map.Entry<String, Map<String, String>> node : nodes.entrySet()) {
        for (Map.Entry<String, String> part : node.getValue().entrySet()) {
          tar.add(name + "/" + plain(node.getKey()), plain(part.getKey()), bytes(part.getValue()));
        }
      }
    } catch (IOException e) {
      Files.deleteIfExists(file); // Half an archive helps nobody.
      throw e;
    }
  }

  /** Names come from other nodes: nothing may be unpacked elsewhere. */
  private static String plain(String name) {
    String plain = name.replaceAll("[^A-Za-z0-9._-]", "_");
    plain = plain.substring(0, Math.min(MAX_NAME, plain.length()));
    return plain.startsWith(".") ? "_" + plain.substring(1) : plain;
  }

  private String readMe(
      Instant now, Map<String, Map<String, String>> nodes, Map<String, String> silent) {
    Map<String, String> lines = new LinkedHashMap<>();
    nodes.keySet().forEach(node -> lines.put(node, "answered, see its folder"));
    lines.putAll(silent);
    StringBuilder text = new StringBuilder("Margay support archive of " + now);
    text.append(", collected by ").append(self).append(".\n");
    text.append("Secrets are replaced by ***. Rows of commands are JSON, one a line.\n\n");
    lines.forEach((node, line) -> text.append(node).append(": ").append(line).append('\n'));
    return text.toString();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
