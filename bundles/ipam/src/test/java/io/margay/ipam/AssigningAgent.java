// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import static io.margay.ipam.Cluster.request;

import io.margay.api.ipam.Assignment;
import io.margay.api.ipam.IpamException;
import io.margay.api.net.IpFamily;
import io.margay.api.store.Store;
import io.margay.store.sqlite.SqliteStore;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.BundleContext;

/** A process of {@link SqliteIpamIT}: gives addresses to the pods of one node, many at once. */
final class AssigningAgent {
  private static final int THREADS = 20;

  private AssigningAgent() {}

  /**
   * Assigns; prints {@code HANDLE IPV4 IPV6 .} for each pod once it is served.
   *
   * @param args directory of the store, node, number of pods
   */
  public static void main(String[] args) throws InterruptedException {
    String node = args[1];
    BlockIpam ipam = new BlockIpam(open(Path.of(args[0])), Clock.systemUTC());
    ExecutorService pods = Executors.newFixedThreadPool(THREADS);
    for (int i = 0; i < Integer.parseInt(args[2]); i++) {
      String handle = node + "-pod" + i;
      pods.execute(() -> assign(ipam, handle, node));
    }
    pods.shutdown();
    pods.awaitTermination(1, TimeUnit.MINUTES);
    System.exit(0);
  }

  private static void assign(BlockIpam ipam, String handle, String node) {
    try {
      Assignment got =
          ipam.assign(request(handle, node, IpFamily.IPV4, IpFamily.IPV6), a -> List.of());
      System.out.println(handle + " " + String.join(" ", Cluster.texts(got)) + " .");
    } catch (IpamException e) {
      System.out.println(handle + " failed: " + e.getMessage());
    }
  }

  /** The store of bundle store-sqlite over the file {@code store.db} of a directory. */
  static Store open(Path directory) {
    return new SqliteStore(
        stub(
            BundleContext.class,
            (name, key) -> key.equals("margay.state") ? directory.toString() : null),
        stub(
            SqliteStore.Config.class,
            (name, key) -> name.equals("deadlineSeconds") ? (Object) 30 : (Object) 10_000));
  }

  /** What a stub answers, by the name of the method and its first argument. */
  private interface Answer {
    Object of(String method, Object argument);
  }

  private static <T> T stub(Class<T> type, Answer answer) {
    Object stub =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, args) -> answer.of(method.getName(), args == null ? "" : args[0]));
    return type.cast(stub);
  }
}
