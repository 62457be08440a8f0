import { defineErrors } from '@orewatch/core'

/** What can be wrong with the broker and with those who talk to it. */
export const brokerErrors = defineErrors('BROKER', {
  PLAIN_TEXT_REFUSED: { retry: 'never', message: 'Passwords would cross the network in plain text: give TLS a key and a certificate, listen on a loopback address, or set allowPlainText.' },
  LISTEN_FAILED: { retry: 'later', message: 'The broker cannot listen on this address.' },
  PACKET_TOO_LARGE: { retry: 'never', message: 'An MQTT packet is larger than this broker takes.' },
  TOPIC_REFUSED: { retry: 'never', message: 'This identity may not publish on this topic.' },
  IDENTITY_REFUSED: { retry: 'later', message: 'User name and password do not match.' },
  CREDENTIAL_SOURCE_FAILED: { retry: 'soon', message: 'Credentials cannot be looked up at the moment.' },
  BAD_HASH: { retry: 'never', message: 'A stored password hash is not of the form $7$<iterations>$<salt>$<hash>.' },
})
