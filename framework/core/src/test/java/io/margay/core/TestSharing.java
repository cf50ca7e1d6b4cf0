// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.sharing.RouteSharing;
import io.margay.api.sharing.Session;
import io.margay.api.sharing.SharingView;
import java.util.ArrayList;
import java.util.List;

/** A route sharing that remembers what it was told. */
final class TestSharing implements RouteSharing {
  final List<SharingView> views = new ArrayList<>();
  RuntimeException failure;

  @Override
  public String name() {
    return "bgp";
  }

  @Override
  public void share(SharingView view) {
    views.add(view);
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public boolean synced() {
    return false;
  }

  @Override
  public List<Session> sessions() {
    return List.of();
  }

  SharingView last() {
    return views.get(views.size() - 1);
  }
}
