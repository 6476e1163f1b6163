export {
  BackupRefusedError,
  type BackupHeader,
  type BackupProgress,
  type BackupRun,
  type BackupSummary,
  DamagedBackupError,
  rowsOf,
} from './backup-format';
export { restoreBackup, type RestoreOptions } from './restore-backup';
export { verifyBackup } from './verify-backup';
export { writeBackup } from './write-backup';
