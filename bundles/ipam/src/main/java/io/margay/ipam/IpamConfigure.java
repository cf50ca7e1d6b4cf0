// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamConfiguration;
import io.margay.api.store.ConflictException;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code ipam:configure}: the cluster's IPAMConfiguration. */
@Component
public final class IpamConfigure implements Command {
  private static final int ATTEMPTS = 20;
  private static final Key KEY = Key.of(IpamConfiguration.KIND, IpamConfiguration.NAME);
  private static final String BOOL = "true|false";

  /** A setting, its option, and how it is read. */
  private enum Setting {
    STRICT_AFFINITY("strictAffinity", BOOL, "no node takes free addresses of another's block"),
    AUTO_ALLOCATE_BLOCKS("autoAllocateBlocks", BOOL, "nodes claim blocks when they need them"),
    MAX_BLOCKS_PER_HOST("maxBlocksPerHost", "N", "blocks a node may have, 0..1000000; 0 means 20"),
    COOLDOWN("ipCooldownSeconds", "SECONDS", "a released address rests so long, 0..1200");

    private final String field;
    private final String value;
    private final String meaning;

    Setting(String field, String value, String meaning) {
      this.field = field;
      this.value = value;
      this.meaning = meaning;
    }

    String option() {
      return this == COOLDOWN
          ? "cooldown"
          : field.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    Object parse(String text) throws CommandException {
      if (value.equals(BOOL) && text.matches(BOOL)) {
        return Boolean.valueOf(text);
      } else if (!value.equals(BOOL) && text.matches("\\d{1,9}")) {
        return Long.valueOf(text);
      }
      String expected = value.equals(BOOL) ? "true or false" : "a whole number";
      throw new CommandException(
          "--" + option() + ": " + text + " (expected: " + expected + ")", 2);
    }

    Object of(IpamConfiguration configuration) {
      return switch (this) {
        case STRICT_AFFINITY -> configuration.strictAffinity();
        case AUTO_ALLOCATE_BLOCKS -> configuration.autoAllocateBlocks();
        case MAX_BLOCKS_PER_HOST -> configuration.maxBlocksPerHost();
        case COOLDOWN -> configuration.ipCooldownSeconds();
      };
    }
  }

  private record Row(String setting, String value, String default_, String meaning) {}

  private record Configured(
      boolean strictAffinity,
      boolean autoAllocateBlocks,
      int maxBlocksPerHost,
      int ipCooldownSeconds) {}

  private final Store store;

  @Activate
  public IpamConfigure(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    CommandSpec spec =
        CommandSpec.of("ipam", "configure", "show or change how addresses are assigned").changing();
    for (Setting setting : Setting.values()) {
      spec = spec.withOption(setting.option(), setting.value, setting.meaning);
    }
    return spec.withRows(Row.class)
        .withExample("ipam:configure")
        .withExample("ipam:configure --strict-affinity true --max-blocks-per-host 4")
        .withExample("ipam:configure --cooldown 60");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(Setting.STRICT_AFFINITY.option())
            || name.equals(Setting.AUTO_ALLOCATE_BLOCKS.option())
        ? List.of("false", "true")
        : List.of();
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Map<String, Object> changes = new LinkedHashMap<>();
    for (Setting setting : Setting.values()) {
      Optional<String> given = invocation.value(setting.option());
      if (given.isPresent()) {
        changes.put(setting.field, setting.parse(given.get()));
      }
    }
    try {
      if (changes.isEmpty()) {
        show(read(store.get(KEY)), output);
      } else {
        change(changes, output);
      }
    } catch (StoreException e) {
      throw new CommandException(KEY + ": " + e.getMessage(), e);
    }
  }

  private static void show(IpamConfiguration now, Output output) {
    for (Setting setting : Setting.values()) {
      output.row(
          new Row(
              setting.field,
              setting.of(now).toString(),
              setting.of(IpamConfiguration.DEFAULT).toString(),
              setting.meaning));
    }
  }

  private void change(Map<String, Object> changes, Output output)
      throws StoreException, CommandException {
    for (int attempt = 1; ; attempt++) {
      Optional<Entry> entry = store.get(KEY);
      IpamConfiguration before = read(entry);
      IpamConfiguration after;
      try {
        after = before.withSpec(changes);
      } catch (IllegalArgumentException e) {
        throw new CommandException(e.getMessage(), e);
      }
      try {
        if (!after.equals(before)) {
          store.put(
              KEY,
              after.toJson(),
              entry.map(e -> Expected.at(e.revision())).orElse(Expected.ABSENT));
        }
        tell(before, after, output);
        return;
      } catch (ConflictException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void tell(IpamConfiguration before, IpamConfiguration after, Output output)
      throws StoreException {
    List<String> changed = new ArrayList<>();
    for (Setting setting : Setting.values()) {
      if (!setting.of(before).equals(setting.of(after))) {
        changed.add(setting.field + " " + setting.of(before) + " -> " + setting.of(after));
      }
    }
    output.result(
        changed.isEmpty() ? "nothing to change" : String.join(", ", changed),
        new Configured(
            after.strictAffinity(),
            after.autoAllocateBlocks(),
            after.maxBlocksPerHost(),
            after.ipCooldownSeconds()));
    if (!changed.isEmpty()) {
      tellWhatStays(before, after, output);
    }
  }

  /** A new rule takes nothing away from anybody. */
  private void tellWhatStays(IpamConfiguration before, IpamConfiguration after, Output output)
      throws StoreException {
    List<IpamBlock> blocks = UsageReader.readAll(store, IpamBlock.KIND, IpamBlock::parse);
    long borrowed = blocks.stream().mapToLong(block -> block.borrowed().size()).sum();
    if (after.strictAffinity() && !before.strictAffinity() && borrowed > 0) {
      output.message(borrowed + " borrowed addresses stay until their pods go");
    }
    Map<String, Long> owned = new TreeMap<>();
    blocks.forEach(
        block ->
            block
                .owner()
                .ifPresent(node -> owned.merge(node + " " + block.cidr().family(), 1L, Long::sum)));
    String above =
        owned.entrySet().stream()
            .filter(e -> e.getValue() > after.maxBlocksPerHost())
            .map(e -> e.getKey().split(" ")[0] + " (" + e.getValue() + ")")
            .distinct()
            .collect(Collectors.joining(", "));
    if (!above.isEmpty() && after.maxBlocksPerHost() < before.maxBlocksPerHost()) {
      output.message("nodes that have more blocks keep them: " + above);
    }
  }

  private static IpamConfiguration read(Optional<Entry> entry) throws CommandException {
    if (entry.isEmpty()) {
      return IpamConfiguration.DEFAULT;
    }
    try {
      return IpamConfiguration.parse(entry.get().json());
    } catch (InvalidResourceException e) {
      throw new CommandException(
          e.getMessage() + "; until it is repaired its last valid state holds", e);
    }
  }
}
