// SPDX-License-Identifier: Apache-2.0
package io.margay.core.support;

import io.margay.api.console.Command;
import io.margay.api.dataplane.ActualState;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.Journal;
import io.margay.api.dataplane.JournalRecord;
import io.margay.api.dataplane.KernelObject.Kind;
import io.margay.api.dataplane.Query;
import io.margay.api.node.NodeProperties;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Json;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/**
 * What this node can say of itself, as files of text without secrets. Services are looked up when
 * it is asked: whatever is missing on a node in trouble is left out and named.
 */
public final class NodeState {
  /** Commands that only read, and what they are given. */
  private static final Map<String, Map<String, String>> COMMANDS = commands();

  /** Read beside the sysctls that are declared. */
  private static final List<String> SYSCTLS =
      List.of(
          "net/ipv4/ip_forward",
          "net/ipv4/conf/all/rp_filter",
          "net/ipv4/conf/default/rp_filter",
          "net/ipv4/conf/all/forwarding",
          "net/ipv6/conf/all/forwarding",
          "net/ipv6/conf/all/disable_ipv6",
          "net/ipv4/neigh/default/gc_thresh3",
          "net/ipv6/neigh/default/gc_thresh3",
          "net/netfilter/nf_conntrack_count",
          "net/netfilter/nf_conntrack_max",
          "net/core/somaxconn");

  private static final String LEFT_OUT = "incomplete.txt";
  private static final int JOURNAL_RECORDS = 2000;

  private final BundleContext context;

  public NodeState(BundleContext context) {
    this.context = context;
  }

  private static Map<String, Map<String, String>> commands() {
    Map<String, Map<String, String>> commands = new LinkedHashMap<>();
    for (String name :
        List.of(
            "margay:health",
            "bundle:list",
            "bundle:history",
            "feature:list",
            "config:list",
            "node:list",
            "pool:list",
            "ipam:show",
            "endpoint:list",
            "mode:status",
            "bgp:status",
            "bgp:peers",
            "route:list",
            "route:sources",
            "dataplane:drift",
            "host:counters",
            "cni:log",
            "cni:attachments",
            "service:list")) {
      commands.put(name, Map.of());
    }
    commands.put("log:tail", Map.of("n", "1000"));
    return commands;
  }

  /**
   * Collects; blocks until all is there or the time is over.
   *
   * @return contents by the name of the file
   */
  public Map<String, String> collect(Duration patience) throws InterruptedException {
    Redaction secrets = new Redaction();
    Map<String, String> files = new LinkedHashMap<>();
    learn(secrets, files);
    files.put("agent.txt", agent());
    files.put("kernel.txt", with(Dataplane.class, this::kernel).orElse("no dataplane\n"));
    files.put("sysctls.txt", sysctls());
    files.put("journal.txt", with(Journal.class, this::journal).orElse("no journal\n"));
    runCommands(files, System.nanoTime() + patience.toNanos());
    learnListed(secrets, files.getOrDefault("config-list.txt", ""));
    files.replaceAll((name, text) -> secrets.apply(text));
    return files;
  }

  private void learn(Redaction secrets, Map<String, String> files) {
    Path state = Path.of(context.getProperty(NodeProperties.STATE));
    try {
      secrets.learnFiles(state.resolve("secrets"));
      secrets.learnSettings(Path.of(context.getProperty(NodeProperties.ETC)));
      with(Store.class, store -> learn(secrets, store)).ifPresent(why -> files.put(LEFT_OUT, why));
    } catch (IOException e) {
      files.put(LEFT_OUT, "not all secrets could be read: " + e + "\n");
    }
  }

  /** Resources of kind Secret; returns why they could not be read, or null. */
  private static String learn(Redaction secrets, Store store) {
    try {
      store.list("Secret").entries().forEach(entry -> secrets.learnResource(entry.json()));
      return null;
    } catch (StoreException e) {
      return "not all secrets could be read: " + e + "\n";
    }
  }

  /** Settings that came from no file. */
  private static void learnListed(Redaction secrets, String rows) {
    for (String row : rows.split("\n")) {
      try {
        Map<String, Object> fields = Json.parseObject(row.getBytes(StandardCharsets.UTF_8));
        secrets.learn(String.valueOf(fields.get("key")), fields.get("value"));
      } catch (InvalidResourceException e) {
        continue; // A message, and no row.
      }
    }
  }

  private String agent() {
    Runtime runtime = Runtime.getRuntime();
    long started = Long.parseLong(context.getProperty(NodeProperties.STARTED));
    return "node "
        + context.getProperty(NodeProperties.NODE)
        + "\nagent "
        + context.getBundle().getVersion()
        + "\ntime "
        + Instant.now()
        + "\nstarted "
        + Instant.ofEpochMilli(started)
        + "\nprocess "
        + ProcessHandle.current().pid()
        + "\njava "
        + Runtime.version()
        + "\nheap MiB "
        + (runtime.totalMemory() - runtime.freeMemory() >> 20)
        + " of "
        + (runtime.maxMemory() >> 20)
        + "\nprocessors "
        + runtime.availableProcessors()
        + "\nkernel "
        + read(Path.of("/proc/sys/kernel/osrelease"))
        + "\nload "
        + read(Path.of("/proc/loadavg"))
        + "\nstate "
        + context.getProperty(NodeProperties.STATE)
        + "\n";
  }

  /** As {@code ip -d} would list it: every link, and every object with its owner. */
  private String kernel(Dataplane dataplane) {
    StringBuilder text = new StringBuilder();
    try {
      ActualState actual = dataplane.actual(Query.of(Kind.values()));
      for (ActualState.Interface link : actual.links()) {
        text.append(line(link)).append('\n');
      }
      for (ActualState.Item item : actual.objects()) {
        String owner =
            item.owner().map(Object::toString).orElse(item.ours() ? "nobody" : "foreign");
        text.append(item.object()).append("  # ").append(owner).append('\n');
      }
    } catch (DataplaneException e) {
      text.append("the kernel cannot be read: ").append(e.getMessage()).append('\n');
    }
    text.append("# can do: ").append(dataplane.facts()).append('\n');
    return text.toString();
  }

  private static String line(ActualState.Interface link) {
    return "%d: %s type %s mtu %d %s link %s alias %s %s"
        .formatted(
            link.index(),
            link.name(),
            link.type().isEmpty() ? "device" : link.type(),
            link.mtuBytes(),
            link.up() ? "up" : "down",
            link.mac().map(Object::toString).orElse("-"),
            link.alias().isEmpty() ? "-" : link.alias(),
            link.addresses());
  }

  private static String sysctls() {
    StringBuilder text = new StringBuilder();
    for (String name : SYSCTLS) {
      text.append(name).append(" = ").append(read(Path.of("/proc/sys", name))).append('\n');
    }
    return text.toString();
  }

  private String journal(Journal journal) {
    List<String> lines = new ArrayList<>();
    try {
      journal.visit(
          Instant.MIN,
          entry -> {
            lines.add(line(entry));
            return lines.size() < JOURNAL_RECORDS;
          });
    } catch (IOException e) {
      lines.add("the journal cannot be read: " + e);
    }
    Collections.reverse(lines);
    return String.join("\n", lines) + "\n";
  }

  private static String line(JournalRecord entry) {
    return entry.time()
        + " "
        + entry.sequence()
        + " "
        + entry
        + " ["
        + entry.cause().kind().word()
        + ": "
        + entry.cause().text()
        + entry.cause().pod().map(p -> ", pod " + p).orElse("")
        + entry.owner().map(o -> ", owner " + o).orElse("")
        + entry.errno().map(e -> ", refused " + e).orElse("")
        + "]";
  }

  private void runCommands(Map<String, String> files, long endNanos) throws InterruptedException {
    ExecutorService thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread made = new Thread(work, "support");
              made.setDaemon(true);
              return made;
            });
    try {
      Map<String, ServiceReference<Command>> present = present();
      for (Map.Entry<String, Map<String, String>> entry : COMMANDS.entrySet()) {
        ServiceReference<Command> reference = present.get(entry.getKey());
        String file = entry.getKey().replace("margay:", "").replace(':', '-') + ".txt";
        if (reference != null) {
          Future<String> text =
              thread.submit(
                  () -> with(reference, c -> CommandText.of(c, entry.getValue())).orElse(""));
          files.put(file, await(text, endNanos));
        }
      }
    } finally {
      thread.shutdownNow(); // One that hangs is interrupted, and named in the archive.
    }
  }

  private static String await(Future<String> text, long endNanos) throws InterruptedException {
    try {
      return text.get(Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return "no answer in time\n";
    } catch (ExecutionException e) {
      return "it failed: " + e.getCause() + "\n";
    }
  }

  private Map<String, ServiceReference<Command>> present() {
    Map<String, ServiceReference<Command>> present = new LinkedHashMap<>();
    try {
      for (ServiceReference<Command> reference :
          context.getServiceReferences(Command.class, null)) {
        with(reference, command -> present.put(command.spec().toString(), reference));
      }
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException("no filter was given", e);
    }
    return present;
  }

  private <T, R> Optional<R> with(Class<T> type, Function<T, R> use) {
    return Optional.ofNullable(context.getServiceReference(type))
        .flatMap(reference -> with(reference, use));
  }

  /** Uses a service, and lets go of it. */
  private <T, R> Optional<R> with(ServiceReference<T> reference, Function<T, R> use) {
    T service = context.getService(reference);
    try {
      return Optional.ofNullable(service).map(use);
    } finally {
      context.ungetService(reference);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (NoSuchFileException e) {
      return "(none)";
    } catch (IOException e) {
      return "(" + e + ")";
    }
  }
}
