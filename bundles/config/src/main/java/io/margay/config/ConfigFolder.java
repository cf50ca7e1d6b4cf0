// SPDX-License-Identifier: Apache-2.0
package io.margay.config;

import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.node.NodeProperties;
import io.margay.launcher.settings.Metatype;
import io.margay.launcher.settings.Setting;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives what the {@code .cfg} files say to the components that they configure. A file that somebody
 * edits is looked at within a second, and is applied as a whole or not at all: while it is refused,
 * what was in force stays, and health says what is wrong.
 *
 * <p>Guarded by this. Files are read by the thread {@code config} and by those that run commands.
 */
@Component(
    service = {ConfigFolder.class, HealthCheck.class},
    immediate = true)
public final class ConfigFolder implements HealthCheck {
  private static final Logger LOG = LoggerFactory.getLogger(ConfigFolder.class);
  private static final String NAME = "config";
  private static final String BY_FILE = "file";
  private static final String BY_CONSOLE = "console";
  private static final long LOOK_SECONDS = 1;

  /** After a change that a command made: how long a component may take to come up again. */
  private static final long TRIAL_MILLIS = 2_500;

  /** A file as it was last read. */
  private record Seen(Object key, long modifiedMillis, long size) {}

  private final Path etc;
  private final ConfigurationAdmin admin;
  private final Definitions definitions;
  private final History history;
  private final ScheduledExecutorService thread;

  @Reference(policy = ReferencePolicy.DYNAMIC, target = "(!(component.name=io.margay.config.*))")
  private volatile List<HealthCheck> checks = List.of();

  private final Map<Path, Seen> seen = new HashMap<>();

  /** The texts in force, by name of the file. */
  private final Map<String, String> texts = new TreeMap<>();

  /** Why files are refused, by name. */
  private final Map<String, List<String>> refused = new TreeMap<>();

  /** What the launcher has checked is not checked again. */
  private boolean isFirst = true;

  @Activate
  public ConfigFolder(BundleContext context, @Reference ConfigurationAdmin admin) {
    this.admin = admin;
    etc = Path.of(context.getProperty(NodeProperties.ETC));
    definitions = new Definitions(context);
    history =
        new History(Path.of(context.getProperty(NodeProperties.STATE)).resolve("config-history"));
    look();
    isFirst = false;
    thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread made = new Thread(task, NAME);
              made.setDaemon(true);
              return made;
            });
    thread.scheduleWithFixedDelay(this::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
  }

  @Deactivate
  void stop() {
    thread.shutdownNow();
  }

  @Override
  public synchronized List<Health> check() {
    return List.of(
        refused.isEmpty()
            ? Health.ok(NAME)
            : Health.degraded(
                NAME,
                refused.entrySet().stream()
                    .map(e -> e.getKey() + " is refused, what was before stays: " + e.getValue())
                    .collect(Collectors.joining("; "))));
  }

  /** What can be configured, by PID and key. */
  Metatype metatype() {
    return definitions.metatype();
  }

  /** What the files in force say, by name of the file. */
  synchronized Map<String, Map<String, String>> values() throws IOException {
    Map<String, Map<String, String>> values = new TreeMap<>();
    for (Map.Entry<String, String> text : texts.entrySet()) {
      values.put(text.getKey(), CfgFile.values(text.getValue()));
    }
    return values;
  }

  /** Why files are refused, by name; empty when all are in force. */
  synchronized Map<String, List<String>> refused() {
    return new TreeMap<>(refused);
  }

  synchronized List<Change> history() throws IOException {
    return history.changes();
  }

  /** The text that a file would have with these values; empty ones go back to the default. */
  synchronized String planned(String file, Map<String, Optional<String>> values) {
    String text = texts.getOrDefault(file, "");
    for (Map.Entry<String, Optional<String>> value : values.entrySet()) {
      text = CfgFile.with(text, value.getKey(), value.getValue());
    }
    return text;
  }

  /** The text in force; empty without the file. */
  synchronized Optional<String> text(String file) {
    return Optional.ofNullable(texts.get(file));
  }

  /**
   * Checks and applies another text of a file, and writes it. When something is not as well as
   * before 2.5 s later, all is put back.
   *
   * @param text empty removes the file
   * @throws ConfigException when it is refused or was put back; nothing has changed
   */
  void put(String file, Optional<String> text) throws ConfigException, InterruptedException {
    Optional<String> before;
    Map<String, Health> healthBefore = health();
    synchronized (this) {
      before = text(file);
      List<String> problems = text.isPresent() ? problems(file, text.get()) : List.of();
      if (!problems.isEmpty()) {
        throw new ConfigException("nothing was changed: " + String.join("; ", problems));
      }
      write(file, text, BY_CONSOLE);
    }
    Thread.sleep(TRIAL_MILLIS);
    List<String> worse = worse(healthBefore, health());
    if (!worse.isEmpty()) {
      synchronized (this) {
        write(file, before, BY_CONSOLE);
      }
      throw new ConfigException("put back, because with it " + String.join("; ", worse));
    }
  }

  private void write(String file, Optional<String> text, String by) throws ConfigException {
    Path path = etc.resolve(file);
    try {
      if (text.isPresent()) {
        CfgFile.write(path, text.get());
        seen.put(path, seen(path));
      } else {
        Files.deleteIfExists(path);
        seen.remove(path);
      }
      apply(file, text, by);
    } catch (IOException e) {
      throw new ConfigException(path + " cannot be written: " + e.getMessage(), e);
    }
  }

  private Map<String, Health> health() {
    Map<String, Health> health = new TreeMap<>();
    for (HealthCheck check : checks) {
      check.check().forEach(h -> health.put(h.name(), h));
    }
    return health;
  }

  /** What is not as well as before, or says nothing any more. */
  private static List<String> worse(Map<String, Health> before, Map<String, Health> after) {
    List<String> worse = new ArrayList<>();
    after.forEach(
        (name, health) -> {
          Health.Status was =
              before.containsKey(name) ? before.get(name).status() : Health.Status.OK;
          if (health.status().compareTo(was) > 0) {
            worse.add(name + " is " + health.status() + ": " + health.detail());
          }
        });
    before.keySet().stream()
        .filter(name -> !after.containsKey(name))
        .forEach(name -> worse.add(name + " does not run any more"));
    return worse;
  }

  private synchronized void look() {
    try {
      Set<String> there = new TreeSet<>();
      try (DirectoryStream<Path> files = Files.newDirectoryStream(etc, "[!.]*.cfg")) {
        for (Path file : files) {
          there.add(file.getFileName().toString());
          look(file);
        }
      }
      for (String gone : List.copyOf(texts.keySet())) {
        if (!there.contains(gone)) {
          seen.remove(etc.resolve(gone));
          apply(gone, Optional.empty(), BY_FILE);
        }
      }
      refused.keySet().retainAll(there);
    } catch (IOException | RuntimeException e) {
      LOG.warn("Configuration folder not readable folder={}", etc, e);
    }
  }

  private void look(Path path) throws IOException {
    String file = path.getFileName().toString();
    try {
      Seen now = seen(path);
      if (now.equals(seen.get(path))) {
        return;
      }
      String text = Files.readString(path);
      seen.put(path, now);
      List<String> problems = isFirst ? List.of() : problems(file, text);
      if (problems.isEmpty()) {
        apply(file, Optional.of(text), BY_FILE);
      } else {
        refused.put(file, problems);
        LOG.error("Configuration refused, what was before stays file={} reason={}", file, problems);
      }
    } catch (NoSuchFileException e) {
      LOG.debug("Configuration file went while it was read file={}", file, e);
    }
  }

  private List<String> problems(String file, String text) {
    Map<String, String> values;
    try {
      values = CfgFile.values(text);
    } catch (IOException e) {
      return List.of(e.getMessage());
    }
    Metatype metatype = definitions.metatype();
    boolean isOurs = file.startsWith("io.margay.");
    return isOurs || metatype.settingsByPid().containsKey(Metatype.pid(file))
        ? metatype.problems(file, values)
        : List.of();
  }

  /** Makes it be in force, and writes it down when that says something else than before. */
  private void apply(String file, Optional<String> text, String by) throws IOException {
    Optional<String> before = text(file);
    Map<String, String> old = CfgFile.values(before.orElse(""));
    Map<String, String> now = CfgFile.values(text.orElse(""));
    refused.remove(file);
    text.ifPresentOrElse(t -> texts.put(file, t), () -> texts.remove(file));
    if (isFirst || !old.equals(now)) {
      if (!now.isEmpty() || !isFirst) {
        configure(file, now);
      }
    }
    if (!isFirst && !before.equals(text)) {
      history.add(by, file, before, text, Instant.now());
    }
    if (!isFirst && !old.equals(now)) {
      LOG.info("Configuration applied file={} by={} changes={}", file, by, Change.lines(old, now));
    }
  }

  private void configure(String file, Map<String, String> values) throws IOException {
    String name = file.replaceFirst("\\.cfg$", "");
    String pid = Metatype.pid(file);
    Configuration configuration =
        pid.equals(name)
            ? admin.getConfiguration(pid, "?")
            : admin.getFactoryConfiguration(pid, name.substring(pid.length() + 1), "?");
    if (values.isEmpty()) {
      configuration.delete();
    } else {
      configuration.updateIfDifferent(new Hashtable<String, Object>(values));
    }
  }

  private static Seen seen(Path path) throws IOException {
    var attributes = Files.readAttributes(path, java.nio.file.attribute.BasicFileAttributes.class);
    return new Seen(
        String.valueOf(attributes.fileKey()),
        attributes.lastModifiedTime().toMillis(),
        attributes.size());
  }

  /** A key that is known, for commands. */
  Setting setting(String pid, String key) throws ConfigException {
    Map<String, Setting> settings = settings(pid);
    Setting setting = settings.get(key);
    if (setting == null) {
      throw new ConfigException(
          key
              + ": no such key of "
              + pid
              + " (expected: "
              + new ArrayList<>(settings.keySet())
              + ")");
    }
    return setting;
  }

  /** The keys of a PID. */
  Map<String, Setting> settings(String pid) throws ConfigException {
    Map<String, Map<String, Setting>> all = metatype().settingsByPid();
    if (!all.containsKey(pid)) {
      throw new ConfigException(
          pid + ": no such configuration (expected: one of " + all.keySet() + ")");
    }
    return all.get(pid);
  }
}
