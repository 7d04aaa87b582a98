// The door to what is known without connecting: addresses, errors, modules of the user.
// Who connects enters by connecting.ts, who only asks a few questions by cold.ts.
export { type Address, formatAddress, isAddress, parseAddress } from './address.js';
export {
  AbsentError,
  AuthenticationError,
  BootstrapError,
  brokerError,
  ClosedError,
  ConfigError,
  DisconnectError,
  IllegalArgumentError,
  ProducerError,
  TimeoutError,
} from './broker-errors.js';
export { isModulePath, loadModule, moduleFile, thrownText } from './user-module.js';
