// In place of npm debug: the composer's log of its own steps is for nobody here.
const silent = () => Object.assign(() => {}, { enabled: false, extend: silent });

export default Object.assign(silent, { formatArgs() {} });
