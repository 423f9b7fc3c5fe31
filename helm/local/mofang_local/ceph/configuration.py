"""Ceph's configuration, and the scripts that daemons begin with.

Pure: texts. ``manifests`` puts them into ConfigMaps.
"""

from mofang_local.ceph.settings import FILE_SYSTEM, MON_PORT, S3_PORT, CephSettings

RUN = "/run/ceph"
MON_DATA = "/var/lib/ceph/mon/ceph-a"
OSD_DATA = "/var/lib/ceph/osd/ceph-0"


def configuration(settings: CephSettings) -> str:
    """One file for daemons and clients.

    Version 2 of the messenger alone. One OSD holds each object once, so warnings about
    that are off. Caches are small: the machine is shared with everything else.
    """
    return f"""\
[global]
fsid = {settings.fsid}
mon_initial_members = a
mon_host = [v2:{settings.mon_address}:{MON_PORT}]
ms_bind_msgr1 = false
ms_bind_ipv6 = false
auth_allow_insecure_global_id_reclaim = false
run_dir = {RUN}
admin_socket = {RUN}/$cluster-$name.asok
crash_dir = {RUN}/crash
log_to_file = false
log_to_stderr = true
err_to_stderr = true
mon_cluster_log_to_file = false
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
rocksdb_cache_size = 32M

[mon]
mon_warn_on_pool_no_redundancy = false
mon_allow_pool_size_one = true
mon_memory_autotune = false
# A module that fails to load makes the whole cluster unhealthy.
mgr_initial_modules =
# The file is on a disk that others fill, too.
mon_data_avail_warn = 2
mon_data_avail_crit = 1

[osd]
osd_objectstore = bluestore
bluestore_block_create = true
bluestore_block_size = {settings.size_bytes}
bluestore_cache_autotune = false
bluestore_cache_size = 64M
osd_memory_target = 896M
osd_max_pg_log_entries = 500
crush_location = root=default host=cpu-1

[mds]
mds_cache_memory_limit = 256M

[client]
# It is a write, and a full storage keeps whoever mounts and then reads waiting for it.
client_check_pool_perm = false

[client.rgw.a]
rgw_frontends = beast port={S3_PORT}
rgw_run_sync_thread = false
"""


def mon_bootstrap(settings: CephSettings) -> str:
    """Make the monitor's store, with every key in it, unless it is there.

    Cut short, it begins anew: the store gets its name when it is whole.
    """
    address = f"[v2:{settings.mon_address}:{MON_PORT}]"
    return f"""\
set -eu
if [ -e {MON_DATA} ]; then
    exit 0
fi
rm -rf {MON_DATA}.new
monmaptool --create --clobber --fsid {settings.fsid} --addv a '{address}' /tmp/monmap
ceph-mon --mkfs -i a --monmap /tmp/monmap --keyring /etc/ceph/keys/initial.keyring \\
    --mon-data {MON_DATA}.new
mv {MON_DATA}.new {MON_DATA}
"""


def osd_bootstrap(settings: CephSettings) -> str:
    """Make the OSD known to the monitor, and its file, unless they are there."""
    return f"""\
set -eu
if [ -e {OSD_DATA}/ready ]; then
    exit 0
fi
until ceph --connect-timeout 5 -n client.bootstrap-osd \\
    -k /etc/ceph/keys/bootstrap.keyring osd new {settings.osd_uuid} 0
do
    sleep 1
done
rm -rf {OSD_DATA}.new
mkdir {OSD_DATA}.new
cp /etc/ceph/keys/keyring {OSD_DATA}.new/keyring
ceph-osd --mkfs -i 0 --osd-uuid {settings.osd_uuid} --osd-data {OSD_DATA}.new \\
    --keyring {OSD_DATA}.new/keyring
rm -rf {OSD_DATA}
mv {OSD_DATA}.new {OSD_DATA}
"""


def setup() -> str:
    """Make pools and file system, and put keys and their rights right.

    It runs in the monitor's pod, and again at each start.
    """
    return f"""\
set -eu
ceph --connect-timeout 60 auth import -i /etc/ceph/keys/initial.keyring
for pool in {FILE_SYSTEM}.meta {FILE_SYSTEM}.data; do
    ceph osd pool create "$pool" 8 8 > /dev/null
done
if ! ceph fs get {FILE_SYSTEM} > /dev/null 2>&1; then
    ceph fs new {FILE_SYSTEM} {FILE_SYSTEM}.meta {FILE_SYSTEM}.data
fi
"""
