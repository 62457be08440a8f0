export { CHROMIUM_HINT, CHROMIUM_PATH, isChromiumAvailable, launchChromium } from './chromium.ts'
export { isMosquittoAvailable, type Mosquitto, MOSQUITTO_HINT, MOSQUITTO_PATH, type MosquittoPlace, startMosquitto } from './mosquitto.ts'
export { type InfluxServer, type InfluxServerOptions, isInfluxdAvailable, startInfluxd } from './influxdb.ts'
export { isPymodbusAvailable, PYMODBUS_HINT, type PymodbusContents, type PymodbusDevice, startPymodbus } from './pymodbus.ts'
