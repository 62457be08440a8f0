import { defineErrors } from '@orewatch/core'

/** What can go wrong on an OPC UA line. */
export const opcuaErrors = defineErrors('OPCUA', {
  CONNECT_FAILED: { retry: 'soon', message: 'No connection to the OPC UA server; check the endpoint and the network.' },
  CERTIFICATE_UNTRUSTED: { retry: 'later', message: "The server's certificate is not trusted; compare its fingerprint with the one shown by the server, then move the file into the trusted folder." },
  CLIENT_CERTIFICATE_REFUSED: { retry: 'later', message: "The server does not trust the gateway's certificate; accept it at the server." },
  SECURITY_UNSUPPORTED: { retry: 'later', message: 'The server offers no endpoint with the security that is configured.' },
  ACCESS_DENIED: { retry: 'later', message: 'The server refuses the user name or password.' },
  SESSION_LOST: { retry: 'soon', message: 'The session with the server ended.' },
  TIMEOUT: { retry: 'soon', message: 'The server does not answer within the time limit.' },
  UNKNOWN_NAMESPACE: { retry: 'later', message: 'The server has no namespace of this URI; correct namespaceUri in the profile.' },
  UNKNOWN_NODE: { retry: 'later', message: 'The server refuses to watch this node; correct its identifier in the profile.' },
  EVENTS_REFUSED: { retry: 'later', message: "The server refuses to send this kind of events; look at the rights of the user, and compare notifier and event type of the profile with the server's." },
  HISTORY_FAILED: { retry: 'later', message: "The server does not give the history of this node; the gap stays. Look at the node's AccessLevel and the rights of the user." },
  UNKNOWN_DEVICE: { retry: 'never', message: 'No such device is on this line.' },
  CANCELLED: { retry: 'never', message: 'The read was cancelled.' },
  STOPPED: { retry: 'never', message: 'The line is stopped.' },
})
