// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.bgp.daemon.BgpDaemon;
import io.margay.bgp.daemon.Bird;
import io.margay.bgp.daemon.DaemonSettings;
import io.margay.bgp.daemon.TestNet;
import java.nio.file.Path;

/** Our speaker and BIRD. */
class BirdIT extends InteropContract {
  @Override
  Path[] programs() {
    return new Path[] {Bird.PROGRAM};
  }

  @Override
  BgpDaemon near(TestNet place, DaemonSettings settings) {
    return new Margay(place, settings);
  }

  @Override
  BgpDaemon far(TestNet place, DaemonSettings settings) {
    return new Bird(place, settings);
  }
}
