// caught by: eslint no-restricted-syntax "Export by name"
export default 1;
